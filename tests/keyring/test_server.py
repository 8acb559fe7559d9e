"""The keyring as its clients meet it: real sockets, real keys, in this process."""

import asyncio
import contextlib
import hashlib
import hmac
import os
import secrets
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rempart.adapters import clock
from rempart.domain.errors.keyring import (
    GrantSpent,
    KeyringForbidden,
    KeyringThrottled,
    KeyringUnreachable,
    KeyUnknown,
    SealBroken,
)
from rempart.keyring import wire
from rempart.keyring.bulk import BulkKeyring
from rempart.keyring.client import Keyring as Client
from rempart.keyring.file_vault import FileVault
from rempart.keyring.openings import OpeningLog
from rempart.keyring.rights import ALLOWED
from rempart.keyring.server import Door, Keyring
from rempart.keyring.wire import SEAL_OVERHEAD_BYTES
from rempart.settings import Settings, read_settings

AMC = "0312345678"


@dataclass
class House:
    """One keyring, running in the loop of the test."""

    settings: Settings
    vault: FileVault
    stopped: asyncio.Event
    served: "asyncio.Task[None]"

    async def stop(self) -> None:
        self.stopped.set()
        await self.served


async def open_house(home: Path, user_id: int | None = None) -> House:
    # Everything stays in the test's own directory: a home closed to the system users would be left for another as root.
    settings = replace(read_settings({"REMPART_HOME": str(home)}), runtime=home, sockets=home / "run")
    vault = FileVault(home / "keys.sealed", b"a passphrase")
    vault.create([f"index/{AMC}", f"data/{AMC}", "request", "sign/identity"])
    doors = {}
    for role in ALLOWED:
        path = settings.keyring_socket(role)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        doors[role] = Door(role, listener, user_id)
    stopped = asyncio.Event()
    keyring = Keyring(vault, OpeningLog(home, clock.now), time.monotonic)
    return House(settings, vault, stopped, asyncio.create_task(keyring.serve(doors, stopped)))


@pytest.fixture
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    house = await open_house(tmp_path_factory.mktemp("k"))
    yield house
    await house.stop()


@contextlib.asynccontextmanager
async def client(house: House, role: str) -> AsyncIterator[Client]:
    keyring = await Client.connect(house.settings, role)
    yield keyring
    await keyring.close()


async def test_a_mixed_batch_is_answered_in_its_order_and_an_unknown_insurer_spoils_nothing(
    house: House,
) -> None:
    key = house.vault._keys[f"index/{AMC}"]
    async with client(house, "fhir") as keyring:
        found = await keyring.index(
            [
                (f"index/{AMC}", b"camille"),
                ("index/0000000000", b"aminata"),
                ("request", b"body"),
                (f"index/{AMC}", b"leo"),
            ]
        )
    assert found[0] == hmac.digest(key, b"camille", hashlib.sha256)
    assert found[1] is None
    assert found[2] == hmac.digest(house.vault._keys["request"], b"body", hashlib.sha256)
    assert found[3] == hmac.digest(key, b"leo", hashlib.sha256)


async def test_many_requests_under_way_each_get_their_own_answer(house: House) -> None:
    key = house.vault._keys[f"index/{AMC}"]
    async with client(house, "fhir") as keyring:
        questions = [f"person {number}".encode() for number in range(200)]
        answers = await asyncio.gather(
            *(keyring.index([(f"index/{AMC}", question)]) for question in questions)
        )
    assert [answer[0] for answer in answers] == [
        hmac.digest(key, question, hashlib.sha256) for question in questions
    ]


async def test_more_requests_than_the_limit_are_refused_not_queued(house: House) -> None:
    async with client(house, "fhir") as keyring:
        outcomes = await asyncio.gather(
            *(keyring.index([(f"index/{AMC}", b"camille")]) for _ in range(300)), return_exceptions=True
        )
    assert {type(outcome) for outcome in outcomes} == {list, KeyringUnreachable}


@pytest.mark.parametrize("role", ["identity", "feeds", "operator", "worker"])
async def test_only_the_faces_look_people_up(house: House, role: str) -> None:
    async with client(house, role) as keyring:
        with pytest.raises(KeyringForbidden):
            await keyring.index([(f"index/{AMC}", b"camille")])


async def test_a_face_cannot_use_another_kind_of_key_as_an_index(house: House) -> None:
    async with client(house, "fhir") as keyring:
        for name in (f"data/{AMC}", "sign/identity"):
            with pytest.raises(KeyringForbidden):
                await keyring.index([(name, b"camille")])


async def test_identity_signs_with_its_own_key_only(house: House) -> None:
    async with client(house, "identity") as keyring:
        assert len(await keyring.sign("sign/identity", b"a text")) == 64
        with pytest.raises(KeyringForbidden):
            await keyring.sign("sign/checkpoint", b"a text")


async def test_the_operator_makes_an_insurers_keys_once(house: House) -> None:
    async with client(house, "operator") as keyring:
        assert await keyring.create_insurer("0387654321") == ["index/0387654321", "data/0387654321"]
        assert await keyring.create_insurer("0387654321") == []
        assert "index/0387654321" in await keyring.names()
        with pytest.raises(KeyringForbidden):
            await keyring.create(["request"])


def sealed_by(bulk: BulkKeyring, about: list[bytes], texts: list[bytes]) -> list[bytes]:
    """Have records of one length sealed, and cut the answer."""
    joined = bulk.seal_joined(AMC, b"".join(about), b"".join(texts), len(texts))
    size = len(texts[0]) + SEAL_OVERHEAD_BYTES
    return [joined[at : at + size] for at in range(0, len(joined), size)]


async def test_a_feeds_long_columns_come_back_whole_and_in_order(house: House) -> None:
    key = house.vault._keys[f"index/{AMC}"]
    messages = [f"person {number}".encode() for number in range(10_000)]
    texts = [message.ljust(32, b"\0") for message in messages]
    about = [f"{number:06}|{AMC}".encode() for number in range(10_000)]

    def feed() -> tuple[list[bytes], bytes, list[bytes]]:
        with BulkKeyring(house.settings) as bulk:
            return (
                bulk.index(AMC, messages),
                bulk.index_joined(AMC, b"\n".join(messages)),
                sealed_by(bulk, about, texts),
            )

    digests, joined, sealed = await asyncio.to_thread(feed)
    assert digests == [hmac.digest(key, message, hashlib.sha256) for message in messages]
    assert joined == b"".join(digests)
    assert house.vault.open(f"data/{AMC}", about, sealed) == texts


async def test_a_feed_of_long_records_is_cut_into_frames(house: House) -> None:
    texts = [secrets.token_bytes(700_000) for _ in range(20)]
    about = [b"record"] * 20

    def feed() -> list[bytes]:
        with BulkKeyring(house.settings) as bulk:
            return sealed_by(bulk, about, texts)

    assert house.vault.open(f"data/{AMC}", about, await asyncio.to_thread(feed)) == texts


async def test_a_feed_of_an_insurer_without_keys_is_told_so(house: House) -> None:
    def feed(act: str) -> None:
        with BulkKeyring(house.settings) as bulk:
            if act == "index":
                bulk.index("0000000000", [b"camille"] * 5_000)
            else:
                bulk.seal_joined("0000000000", b"record" * 5_000, b"camille" * 5_000, 5_000)

    for act in ("index", "seal"):
        with pytest.raises(KeyUnknown):
            await asyncio.to_thread(feed, act)


async def test_an_empty_feed_asks_nothing(house: House) -> None:
    with BulkKeyring(house.settings) as bulk:
        assert bulk.index(AMC, []) == []
        assert bulk.index_joined(AMC, b"") == b""
        assert bulk.seal_joined(AMC, b"", b"", 0) == b""


async def test_a_feed_keeps_no_counter_waiting(house: House) -> None:
    messages = [b"camille"] * 400_000

    def feed() -> float:
        with BulkKeyring(house.settings) as bulk:
            began = time.perf_counter()
            bulk.index(AMC, messages)
            return time.perf_counter() - began

    async with client(house, "fhir") as keyring:
        feeding = asyncio.create_task(asyncio.to_thread(feed))
        waited = []
        while not feeding.done():
            began = time.perf_counter()
            await keyring.index([(f"index/{AMC}", b"aminata")])
            waited.append(time.perf_counter() - began)
            await asyncio.sleep(0.002)
    assert len(waited) > 20
    assert sorted(waited)[len(waited) // 2] < await feeding / 10


async def test_what_is_opened_is_on_record_before_the_answer(house: House) -> None:
    about = [b"camille|0312345678", b"leo|0312345678"]
    sealed = house.vault.seal(f"data/{AMC}", about, [b"Camille Moreau", b"Leo Moreau"])
    grants = [secrets.token_bytes(16), secrets.token_bytes(16)]
    async with client(house, "worker") as keyring:
        assert await keyring.open(f"data/{AMC}", about, sealed, grants) == [b"Camille Moreau", b"Leo Moreau"]
    (log,) = house.settings.home.glob("openings-*.log")
    lines = [line.split(" ") for line in log.read_text().splitlines()]
    assert [(role, name, grant) for _, role, name, grant in lines] == [
        ("worker", f"data/{AMC}", grant.hex()) for grant in grants
    ]
    assert "Camille" not in log.read_text()


async def test_an_opening_that_cannot_be_recorded_does_not_happen(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = [b"camille|0312345678"]
    sealed = house.vault.seal(f"data/{AMC}", about, [b"Camille Moreau"])

    def disk_is_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_is_full)
    async with client(house, "worker") as keyring:
        with pytest.raises(KeyringUnreachable):
            await keyring.open(f"data/{AMC}", about, sealed, [secrets.token_bytes(16)])


async def test_a_grant_opens_once_even_after_a_restart(house: House) -> None:
    about = [b"camille|0312345678"]
    sealed = house.vault.seal(f"data/{AMC}", about, [b"Camille Moreau"])
    grant = secrets.token_bytes(16)
    async with client(house, "worker") as keyring:
        await keyring.open(f"data/{AMC}", about, sealed, [grant])
        with pytest.raises(GrantSpent):
            await keyring.open(f"data/{AMC}", about, sealed, [grant])
        with pytest.raises(GrantSpent):
            await keyring.open(f"data/{AMC}", about * 2, sealed * 2, [b"g" * 16] * 2)
    again = OpeningLog(house.settings.home, clock.now)
    with pytest.raises(GrantSpent):
        again.record("worker", f"data/{AMC}", [grant])


async def test_a_record_moved_to_another_person_does_not_open(house: House) -> None:
    sealed = house.vault.seal(f"data/{AMC}", [b"camille|0312345678"], [b"Camille Moreau"])
    async with client(house, "worker") as keyring:
        with pytest.raises(SealBroken):
            await keyring.open(f"data/{AMC}", [b"leo|0312345678"], sealed, [secrets.token_bytes(16)])


async def test_a_role_that_asks_too_much_is_slowed_and_the_others_are_not(house: House) -> None:
    async with client(house, "portal") as greedy, client(house, "fhir") as other:
        outcomes = await asyncio.gather(
            *(greedy.index([(f"index/{AMC}", b"camille")] * 1_000) for _ in range(10)), return_exceptions=True
        )
        assert {type(outcome) for outcome in outcomes} == {list, KeyringThrottled}
        await other.index([(f"index/{AMC}", b"camille")])


async def test_bodies_of_requests_are_not_counted_as_look_ups(house: House) -> None:
    async with client(house, "portal") as keyring:
        for _ in range(10):
            await keyring.index([("request", b"body")] * 1_000)


async def test_one_request_cannot_be_without_end(house: House) -> None:
    async with client(house, "fhir") as keyring:
        with pytest.raises(KeyringForbidden):
            await keyring.index([(f"index/{AMC}", b"camille")] * 1_025)


@pytest.mark.parametrize(
    "noise",
    [
        b"\xff" * 64,
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        struct.pack(">IIB", 5, 1, 99),
        struct.pack(">IIB", 3, 1, 1),
        wire.frame(1, wire.Operation.INDEX, b"\x00\x05\x03abc"),
        wire.frame(1, wire.Operation.SIGN, b""),
    ],
)
async def test_who_speaks_another_language_is_shown_out_and_the_others_go_on(
    house: House, noise: bytes
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(house.settings.keyring_socket("fhir")))
    writer.write(noise)
    with contextlib.suppress(ConnectionResetError):
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer == b"" or answer[8] != wire.Status.DONE
    writer.close()
    async with client(house, "fhir") as keyring:
        assert len(await keyring.index([(f"index/{AMC}", b"camille")])) == 1


async def test_a_client_finds_a_keyring_that_was_started_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("k")
    first = await open_house(home)
    keyring = await Client.connect(first.settings, "fhir")
    before = await keyring.index([(f"index/{AMC}", b"camille")])
    await first.stop()
    assert keyring._line is not None
    keyring._line._transport.abort()
    await asyncio.sleep(0)
    with pytest.raises(KeyringUnreachable):
        await keyring.index([(f"index/{AMC}", b"camille")])
    second = await open_house(home)
    assert await keyring.index([(f"index/{AMC}", b"camille")]) == before
    await keyring.close()
    await second.stop()


async def test_a_keyring_that_does_not_answer_is_an_outage(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.keyring.client.KEYRING_TIMEOUT_S", 0.05)
    monkeypatch.setattr(Keyring, "answer", lambda *_: time.sleep(0.2) or b"")
    async with client(house, "fhir") as keyring:
        with pytest.raises(KeyringUnreachable):
            await keyring.index([(f"index/{AMC}", b"camille")])


async def test_no_keyring_at_all_is_an_outage(tmp_path: Path) -> None:
    settings = read_settings({"REMPART_HOME": str(tmp_path)})
    with pytest.raises(KeyringUnreachable):
        await Client.connect(settings, "fhir")
    with pytest.raises(KeyringUnreachable):
        BulkKeyring(settings)


async def test_nothing_is_written_on_a_refusal_about_what_was_asked(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    _, writer = await asyncio.open_unix_connection(str(house.settings.keyring_socket("fhir")))
    writer.write(wire.frame(1, wire.Operation.INDEX, b"\x00\x05\x03 1850578006048 "))
    await asyncio.sleep(0.1)
    writer.close()
    shown = "".join(capsys.readouterr())
    assert "keyring-frame-refused" in shown
    assert "1850578006048" not in shown


def test_the_grants_of_another_day_are_another_days_matter(tmp_path: Path) -> None:
    days = iter([datetime(2026, 11, 21, tzinfo=UTC)] * 2 + [datetime(2026, 11, 22, tzinfo=UTC)])
    log = OpeningLog(tmp_path, lambda: next(days))
    log.record("worker", f"data/{AMC}", [b"a" * 16])
    log.record("worker", f"data/{AMC}", [b"b" * 16])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "openings-2026-11-21.log",
        "openings-2026-11-22.log",
    ]


def test_the_limits_of_a_socket_address_are_kept(tmp_path: Path) -> None:
    deep = replace(read_settings({"REMPART_HOME": str(tmp_path / ("deep/" * 30))}))
    assert len(os.fsencode(deep.keyring_socket("identity"))) <= 107
