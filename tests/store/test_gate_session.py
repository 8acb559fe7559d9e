"""Steps 1 and 2 of the gate: who is asking, with which key, and whether the proof is young and new."""

import hashlib
import time

import pytest
from msgspec.structs import replace
from psycopg import errors

from rempart.domain.rights import Outcome
from rempart.limits import PROOF_AGE_MAX_S, PROOF_LEAD_MAX_S
from tests.support.world import Session, World, digest, outcome


@pytest.fixture
def till(world: World) -> Session:
    return world.software_session(world.account())


@pytest.fixture
def counter(world: World) -> Session:
    return world.browser_session(world.account())


def move_session(world: World, session: Session, change: str) -> None:
    world.do(f"update access.sessions set {change} where token_digest = %s", session.token)


def test_a_living_session_with_its_key_and_a_fresh_proof_is_answered(world: World, till: Session) -> None:
    told = world.ask(till.about(world.person("Léa", world.insurer())))
    assert outcome(told) is Outcome.OPEN
    assert told.receipt_id is not None


def test_a_token_that_nobody_was_given_is_refused_and_leaves_nothing(world: World, till: Session) -> None:
    receipts = world.one("select count(*) from evidence.receipts")
    told = world.ask(till.about(world.person("Léa", world.insurer()), token=digest("forged")))
    assert outcome(told) is Outcome.SESSION_UNKNOWN
    assert told.receipt_id is None
    assert told.account_id is None
    assert world.one("select count(*) from evidence.receipts") == receipts


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("expires_at = now()", Outcome.SESSION_EXPIRED),
        ("revoked_at = now()", Outcome.SESSION_REVOKED),
        ("idle_s = 60, last_used_at = now() - interval '60 s'", Outcome.SESSION_IDLE),
    ],
)
def test_a_session_that_is_over_is_refused_with_a_receipt(
    world: World, till: Session, change: str, refusal: Outcome
) -> None:
    move_session(world, till, change)
    told = world.ask(till.about(world.person("Léa", world.insurer())))
    assert outcome(told) is refusal
    assert told.receipt_id is not None
    assert told.answer_on is None
    assert told.coverages is None


def test_a_session_used_within_its_idle_time_lives(world: World, till: Session) -> None:
    move_session(world, till, "idle_s = 60, last_used_at = now() - interval '50 s'")
    assert outcome(world.ask(till.about(world.person("Léa", world.insurer())))) is Outcome.OPEN


@pytest.mark.parametrize("thumbprint", [digest("another key"), None])
def test_a_token_with_another_key_or_with_none_is_refused(
    world: World, till: Session, thumbprint: bytes | None
) -> None:
    told = world.ask(till.about(world.person("Léa", world.insurer()), thumbprint=thumbprint))
    assert outcome(told) is Outcome.KEY_MISMATCH


def test_a_softwares_session_is_no_good_at_the_portal_nor_a_browsers_at_the_api(
    world: World, till: Session, counter: Session
) -> None:
    lea = world.person("Léa", world.insurer())
    assert outcome(world.ask(till.about(lea), role="portal")) is Outcome.FACE_NOT_ALLOWED
    assert outcome(world.ask(counter.about(lea), role="fhir")) is Outcome.FACE_NOT_ALLOWED


def test_the_identity_process_admits_both_kinds_of_sessions_but_asks_about_nobody(
    world: World, till: Session, counter: Session
) -> None:
    for session in (till, counter):
        told = world.ask(session.about(None), role="identity")
        assert outcome(told) is Outcome.ADMITTED
        assert told.account_id == session.account.account_id
        assert told.receipt_id is None
        about_lea = session.about(world.person("Léa", world.insurer()))
        assert outcome(world.ask(about_lea, role="identity")) is Outcome.FACE_NOT_ALLOWED


@pytest.mark.parametrize(
    ("seconds", "refusal"),
    [
        (-PROOF_AGE_MAX_S - 2, Outcome.PROOF_STALE),
        (-PROOF_AGE_MAX_S + 5, Outcome.OPEN),
        (PROOF_LEAD_MAX_S - 2, Outcome.OPEN),
        (PROOF_LEAD_MAX_S + 2, Outcome.PROOF_STALE),
        (10 * 365 * 86_400, Outcome.PROOF_STALE),
    ],
)
def test_a_proof_is_young_and_not_from_the_future(
    world: World, till: Session, seconds: int, refusal: Outcome
) -> None:
    row = till.about(world.person("Léa", world.insurer()), proof_at=int(time.time()) + seconds)
    assert outcome(world.ask(row)) is refusal


def test_a_proof_serves_once_on_the_same_connection_and_on_another(world: World, till: Session) -> None:
    row = till.about(world.person("Léa", world.insurer()))
    assert outcome(world.ask(row)) is Outcome.OPEN
    assert outcome(world.ask(row)) is Outcome.PROOF_REPLAYED
    world.face("fhir").close()
    assert outcome(world.ask(row)) is Outcome.PROOF_REPLAYED


def test_a_proof_serves_once_in_a_batch(world: World, till: Session) -> None:
    row = till.about(world.person("Léa", world.insurer()))
    assert [outcome(told) for told in world.ask_all([row, row, till.about(None)])] == [
        Outcome.OPEN,
        Outcome.PROOF_REPLAYED,
        Outcome.ADMITTED,
    ]


def test_a_proof_signed_again_with_another_hour_still_serves_once(world: World, till: Session) -> None:
    row = till.about(world.person("Léa", world.insurer()))
    later = replace(row, proof_at=row.proof_at - 50)
    assert outcome(world.ask(row)) is Outcome.OPEN
    assert outcome(world.ask(later)) is Outcome.PROOF_REPLAYED


def test_two_sessions_may_use_the_same_proof_digest_one_by_one_or_together(world: World) -> None:
    """The key of one browser may have had two sessions; what was used in one says nothing of the other."""
    lea = world.person("Léa", world.insurer())
    first, second = (world.software_session(world.account()) for _ in range(2))
    rows = [first.about(lea), first.about(lea), second.about(lea)]
    rows[2] = replace(rows[2], proof=rows[0].proof)
    assert [outcome(told) for told in world.ask_all(rows)] == [Outcome.OPEN] * 3


def test_a_refused_caller_does_not_use_his_proof_up(world: World, till: Session) -> None:
    row = till.about(world.person("Léa", world.insurer()))
    assert outcome(world.ask(replace(row, thumbprint=digest("thief")))) is Outcome.KEY_MISMATCH
    assert outcome(world.ask(row)) is Outcome.OPEN


def test_old_proofs_are_forgotten_and_young_ones_are_not(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    young, old = till.about(lea), till.about(lea)
    world.ask_all([young, old])
    world.do("update gate.proofs set proof_at = proof_at - 3730 where proof_digest = %s", old.proof)
    world.face("identity").execute("select gate.forget_expired()")
    left = world.owner.execute(
        "select proof_digest from gate.proofs where proof_digest in (%s, %s)", (young.proof, old.proof)
    ).fetchall()
    assert [bytes(row[0]) for row in left] == [young.proof]


def test_a_repeat_is_forgotten_a_day_after_its_question(world: World, till: Session) -> None:
    lea = world.person("Léa", world.insurer())
    keys = [digest("today's"), digest("the day before yesterday's")]
    for key in keys:
        world.ask(till.about(lea, repeat_key=key, body=digest("body")))
    world.do(
        "update gate.repeats set asked_at = asked_at - interval '26 hours' where key_digest = %s", keys[1]
    )
    world.face("identity").execute("select gate.forget_expired()")
    left = world.owner.execute(
        "select key_digest from gate.repeats where key_digest = any(%s)", (keys,)
    ).fetchall()
    assert [bytes(row[0]) for row in left] == [keys[0]]


def test_the_nonces_of_a_browser_follow_each_other(world: World, counter: Session) -> None:
    lea = world.person("Léa", world.insurer())
    nonces = {counter.nonce}
    for _ in range(5):
        assert outcome(world.ask(counter.about(lea))) is Outcome.OPEN
        nonces.add(counter.nonce)
    assert len(nonces) == 6


def test_a_refused_question_gives_the_next_nonce_all_the_same(world: World, counter: Session) -> None:
    told = world.ask(counter.about(world.person("Léa", world.insurer()), amc="0000000000"))
    assert outcome(told) is Outcome.INSURER_NOT_SERVED
    assert told.next_nonce is not None
    assert outcome(world.ask(counter.about(None))) is Outcome.ADMITTED


@pytest.mark.parametrize("copied", ["used", "unknown", "missing"])
def test_a_copied_browser_profile_is_revoked_when_its_nonces_diverge(
    world: World, counter: Session, copied: str
) -> None:
    lea = world.person("Léa", world.insurer())
    used = counter.about(lea).nonce
    world.ask(counter.about(lea))
    nonce = {"used": used, "unknown": digest("guess"), "missing": None}[copied]
    told = world.ask(counter.about(lea, nonce=nonce))
    assert outcome(told) is Outcome.NONCE_DIVERGED
    assert told.next_nonce is None
    assert told.receipt_id is not None
    because = world.one("select revoked_because from access.sessions where token_digest = %s", counter.token)
    assert because == "nonce diverged"
    assert outcome(world.ask(counter.about(lea))) is Outcome.SESSION_REVOKED, (
        "the owner's own nonce is good no more"
    )


def test_two_questions_of_a_browser_in_one_batch_diverge_as_they_would_one_by_one(
    world: World, counter: Session
) -> None:
    lea = world.person("Léa", world.insurer())
    rows = [
        counter.about(lea),
        counter.about(lea),
        counter.about(lea),
        counter.about(lea, thumbprint=digest("x")),
    ]
    told = world.ask_all(rows)
    assert [outcome(answer) for answer in told] == [
        Outcome.OPEN,
        Outcome.NONCE_DIVERGED,
        Outcome.SESSION_REVOKED,
        Outcome.SESSION_REVOKED,
    ]


def test_only_the_digest_of_a_nonce_is_kept(world: World, counter: Session) -> None:
    world.ask(counter.about(None))
    assert counter.nonce is not None
    kept = world.one("select nonce_digest from access.sessions where token_digest = %s", counter.token)
    assert bytes(kept) == hashlib.sha256(counter.nonce.encode()).digest()


def test_using_a_browser_keeps_it_from_going_idle(world: World, counter: Session) -> None:
    move_session(world, counter, "last_used_at = now() - interval '29 min'")
    world.ask(counter.about(None))
    assert world.one(
        "select now() - last_used_at < interval '5 s' from access.sessions where token_digest = %s",
        counter.token,
    )


def test_a_revoked_software_loses_its_sessions_at_once(world: World) -> None:
    software_id = world.software()
    till = world.software_session(world.account(), software_id)
    world.do("update access.software set revoked_at = now() where software_id = %s", software_id)
    told = world.ask(till.about(world.person("Léa", world.insurer())))
    assert outcome(told) is Outcome.SESSION_REVOKED


def test_no_session_outlives_four_hours_nor_idles_longer_than_half_of_one_whoever_opens_it(
    world: World,
) -> None:
    """The process that opens sessions might be taken over: four hours and half an hour are the database's."""
    desk = world.browser_session(world.account())
    life_h, idle_s = world.owner.execute(
        "insert into access.sessions (token_digest, key_thumbprint, account_id, face, nonce_digest, expires_at, idle_s)"
        " select sha256('autre'), key_thumbprint, account_id, face, nonce_digest, 'infinity', 2147483647"
        " from access.sessions where token_digest = %s"
        " returning extract(epoch from expires_at - opened_at) / 3600, idle_s",
        (desk.token,),
    ).fetchone() or (0, 0)
    assert (round(life_h, 2), idle_s) == (4, 1800)


@pytest.mark.parametrize("table", ["access.sessions", "access.passkeys"])
def test_what_was_revoked_is_revived_by_nobody(world: World, table: str) -> None:
    account = world.browser_session(world.account()).account.account_id
    world.do(
        "insert into access.passkeys (credential_id, account_id, public_key, sign_count, label)"
        " values (sha256(%s::text::bytea), %s, 'x', 0, 'Clé')",
        str(account),
        account,
    )
    world.do(f"update {table} set revoked_at = now() where account_id = %s", account)
    for again in ("null", "now() + interval '1 hour'"):
        with pytest.raises(errors.RaiseException, match="does not come back"):
            world.do(f"update {table} set revoked_at = {again} where account_id = %s", account)
