"""What a batch becomes: digests by their formula, seals that open to the traits, people kept together."""

import hmac
from datetime import date
from hashlib import sha256
from itertools import pairwise

import polars as pl
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.birth_dates import BirthDate
from rempart.domain.identifiers import Nir, alias_message
from rempart.feeds import digests
from rempart.feeds.final_rows import final_rows
from rempart.feeds.formats.columns import columns_of
from rempart.feeds.formats.member_file import Batch
from rempart.feeds.formats.rows import check
from rempart.feeds.ingest import Ingest, keep_people_together
from rempart.feeds.staged_rows import staged_rows
from tests.support.member_rows import family, nadia, numbered


class PlainKeyring:
    """Computes what the keyring computes, under a key that is known, and keeps what it was asked to seal."""

    def __init__(self, key: bytes = b"key") -> None:
        self.key = key
        self.messages: list[bytes] = []
        self.sealed: list[tuple[bytes, bytes]] = []

    def index_joined(self, amc_number: str, joined: bytes) -> bytes:
        """Digest each message."""
        assert amc_number == "0990000018"
        self.messages += joined.split(b"\n")
        return b"".join(hmac.digest(self.key, message, "sha256") for message in joined.split(b"\n"))

    def seal_joined(self, amc_number: str, associated: bytes, texts: bytes, count: int) -> bytes:
        """Keep each text and what it is bound to."""
        assert amc_number == "0990000018"
        self.sealed += zip(rows_of(associated, count), rows_of(texts, count), strict=True)
        return b"".join(bytes(28) + text for text in rows_of(texts, count))


def rows_of(joined: bytes, count: int) -> list[bytes]:
    """Cut records of one length."""
    size = len(joined) // count
    return [joined[at : at + size] for at in range(0, len(joined), size)]


def cmac(key: bytes, message: bytes) -> bytes:
    """Compute a CMAC by the library that others wrote, filled with zeros as the columns are."""
    found = CMAC(AES(hmac.digest(b"key", key, sha256)))
    found.update(message)
    return found.finalize()


def batch_of(rows: list[dict[str, str | None]]) -> Batch:
    good, bad = check(numbered(rows), columns_of("full"))
    assert not bad
    return Batch(good, [], len(rows), len(rows))


def test_an_alias_is_asked_for_with_the_message_that_the_gate_uses() -> None:
    keyring = PlainKeyring()
    Ingest("0990000018", keyring).digest(batch_of(family()))
    for row in family():
        of_row = alias_message(
            Nir.parse(str(row["nir"])), BirthDate.parse(str(row["birth_date"])), int(str(row["birth_rank"]))
        )
        assert of_row in keyring.messages
    assert b"284119935000152|20180228|2" in keyring.messages


def test_what_is_sealed_is_the_traits_bound_to_their_record_and_insurer() -> None:
    keyring = PlainKeyring()
    batch = Ingest("0990000018", keyring).digest(batch_of([nadia()]))
    ((record, text),) = keyring.sealed
    traits = dict(zip(digests.TRAITS, text.rstrip(b"\0").decode().split(";"), strict=True))
    assert traits == {name: (nadia()[name] or "") for name in digests.TRAITS}
    reference = cmac(b"key|reference", b"P-0001".ljust(32, b"\0"))
    contract = cmac(b"key|contract", reference + b"C-2024/017".ljust(32, b"\0"))
    days = date(2024, 1, 1) - date(2000, 1, 1)
    assert record == contract + days.days.to_bytes(4, "big") + b"0990000018"
    (identities,) = batch.identities
    assert identities.contract.tobytes() == contract
    assert identities.traits.tobytes() == cmac(b"key|traits", reference + text)[:8]
    on_both_roads = (staged_rows(batch, 1), final_rows(batch, 1, 40, [7]))
    assert all(contract in copies["identities"] for copies in on_both_roads)
    assert contract in on_both_roads[0]["lines"]
    assert contract in on_both_roads[1]["rights"]


def test_neither_a_key_nor_a_trait_is_in_what_is_written() -> None:
    batch = Ingest("0990000018", PlainKeyring()).digest(batch_of(family()))
    sealed = b"".join(some.sealed.tobytes() for some in batch.identities)
    for copies in (staged_rows(batch, 1), final_rows(batch, 1, 40, range(9))):
        written = b"".join(copies.values())
        for secret in digests.KEYS.split(b"\n"):
            assert hmac.digest(b"key", secret, sha256) not in written
        assert b"BENALI" in sealed  # this keyring seals nothing: elsewhere there must be no trait
        elsewhere = b"".join(rows for table, rows in copies.items() if table != "identities")
        assert not any(trait in elsewhere for trait in (b"BENALI", b"Nadia", b"C-2024", b"P-0001"))


def test_every_digest_needs_the_key() -> None:
    first, second = (
        Ingest("0990000018", PlainKeyring(key)).digest(batch_of(family())) for key in (b"key", b"another")
    )
    assert first.people is not None
    assert second.people is not None
    assert first.lines is not None
    assert second.lines is not None
    assert not set(first.people.reference.tolist()) & set(second.people.reference.tolist())
    assert not set(first.people.alias.tolist()) & set(second.people.alias.tolist())
    assert not set(first.lines.contract.tolist()) & set(second.lines.contract.tolist())
    assert not set(first.identities[0].traits.tolist()) & set(second.identities[0].traits.tolist())


@given(names=st.lists(st.text("ABCÉÈŒ -", min_size=1, max_size=80), min_size=1, max_size=9))
def test_texts_are_filled_to_few_lengths_and_read_back_whole(names: list[str]) -> None:
    good = batch_of([nadia()]).rows
    texts = digests.traits_texts(pl.concat([good.with_columns(birth_name=pl.lit(name)) for name in names]))
    assert all(len(text.encode()) % 32 == 0 for text in texts)
    assert [text.rstrip("\0").split(";")[6] for text in texts] == names


@pytest.mark.parametrize("trait", [name for name in digests.TRAITS if name != "beneficiary_id"])
def test_each_trait_that_changes_is_seen(trait: str) -> None:
    other = {
        "nir": "284119935000152", "nir_is_own": "0", "birth_date": "19850518", "birth_rank": "2", "sex": "M",
        "other_aliases": "284119935000152/19850517/1", "birth_name": "LEFÈVRE", "given_names": "Nadine",
        "birthplace": None, "contract_number": "C-9", "member_number": "70012346",
    }  # fmt: skip
    first, second = (
        Ingest("0990000018", PlainKeyring()).digest(batch_of([row])).identities[0]
        for row in (nadia(), nadia(**{trait: other[trait]}))
    )
    assert first.traits.tobytes() != second.traits.tobytes()


def test_two_kinds_of_message_never_meet() -> None:
    keyring = PlainKeyring()
    Ingest("0990000018", keyring).digest(batch_of(family()))
    assert {message for message in keyring.messages if message.startswith(b"key|")} == set(
        digests.KEYS.split(b"\n")
    )
    assert all(message[:1].isdigit() for message in keyring.messages if not message.startswith(b"key|"))


people = st.lists(st.sampled_from(["P-1", "P-2", "P-3", "P-4"]), min_size=1, max_size=30)


@given(ids=people, cuts=st.lists(st.integers(1, 10), min_size=1))
def test_neighbouring_lines_of_a_person_come_together(ids: list[str], cuts: list[int]) -> None:
    frame = pl.DataFrame({"beneficiary_id": ids, "line": range(2, len(ids) + 2)})
    pieces, start = [], 0
    for size in [*cuts, len(ids)]:
        piece = frame.slice(start, size)
        start += piece.height
        pieces.append(Batch(piece, [], piece.height, start))
    together = [batch.rows for batch in keep_people_together(iter(pieces))]
    assert sorted(pl.concat(together)["line"]) == frame["line"].to_list()
    of_line = {line: at for at, rows in enumerate(together) for line in rows["line"]}
    for line, (first, second) in enumerate(pairwise(ids), 2):
        if first == second:
            assert of_line[line] == of_line[line + 1]
