"""Operators at the database: who owns the console's process and role enters as nobody, and acts for nobody without a key."""

import secrets
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg import errors

from rempart.domain.rights import Outcome
from tests.support.operators import (
    Desk,
    Key,
    Operator,
    act,
    admit,
    begin,
    enrol,
    enrolled,
    entered,
    handed,
    invited,
    perform,
    sign_in,
)
from tests.support.world import Account, World, digest, outcome


@pytest.fixture
def nadia(world: World) -> Operator:
    return enrolled(world)


@pytest.fixture
def hugo(world: World) -> Operator:
    return enrolled(world)


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


def freeze(account: Account, mode: int = 2) -> dict[str, Any]:
    named = str(account.account_id)
    return {"kind": "contain", "scope": "account", "named": named, "mode": mode, "because": "hameçonnage"}


def release(world: World, because: str = "fini") -> dict[str, Any]:
    number = world.one("select max(containment_id) from gate.containments")
    return {"kind": "release", "containment_id": number, "because": because}


@pytest.mark.parametrize(
    "bent",
    [
        {"kind": "webauthn.create"},
        {"origin": "https://portail.example"},
        {"host": "example"},
        {"flags": 1},
        {"flags": 4},
        {"is_framed": True},
        {"counted": 0},
    ],
    ids=str,
)
def test_a_session_takes_a_whole_ceremony(world: World, nadia: Operator, bent: dict[str, Any]) -> None:
    assert sign_in(world, nadia.key.sign(handed(world)))
    assert sign_in(world, nadia.key.sign(handed(world), **bent)) is None


def test_a_session_takes_a_challenge_of_ours_once(world: World, nadia: Operator) -> None:
    challenge = handed(world)
    assert sign_in(world, nadia.key.sign(digest("of nobody"))) is None
    assert sign_in(world, nadia.key.sign(challenge))
    assert sign_in(world, nadia.key.sign(challenge)) is None
    late = handed(world)
    world.do("update console.challenges set expires_at = now()")
    assert sign_in(world, nadia.key.sign(late)) is None


def test_what_a_key_signed_for_one_browser_opens_nothing_for_another(world: World, nadia: Operator) -> None:
    signed = nadia.key.sign(handed(world))
    assert sign_in(world, signed, browser=digest("a thief's")) is None
    assert sign_in(world, nadia.key.sign(handed(world)))


def test_a_signature_over_another_challenge_opens_nothing(world: World, nadia: Operator) -> None:
    signed = nadia.key.sign(handed(world))
    assert sign_in(world, (*signed[:4], handed(world))) is None


def test_another_key_under_the_same_name_opens_nothing(world: World, nadia: Operator) -> None:
    mine = Key(credential_id=nadia.key.credential_id, counted=10)
    assert sign_in(world, mine.sign(handed(world))) is None
    assert sign_in(world, Key().sign(handed(world))) is None


def test_who_was_dismissed_is_out_at_once(world: World, nadia: Operator, hugo: Operator) -> None:
    desk = entered(world, nadia)
    what = {"kind": "dismiss", "operator_id": nadia.operator_id, "because": "départ"}
    assert act(world, entered(world, hugo), hugo, what) == "done"
    assert admit(world, desk, b"1")[0] == "session-revoked"
    assert sign_in(world, nadia.key.sign(handed(world))) is None
    with pytest.raises(errors.InsufficientPrivilege):
        world.face("console").execute("select console.live(%s)", (desk.token,))


@pytest.mark.parametrize(
    "call",
    [
        "console.live(%s)",
        "console.contained(%s)",
        "console.wanted(%s)",
        "console.account(%s, 1, null)",
        "console.counted(%s, now())",
        "console.find_accounts(%s, 'Camille', null)",
        "console.begin_act(%s, '{}', 60)",
        "console.perform(%s, 'a', 'b', 'c', 'd', 'e')",
    ],
)
def test_nothing_is_told_without_a_session_that_is_alive(world: World, account: Account, call: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="no operator is there"):
        world.face("console").execute(f"select * from {call}", (b"nobody's",)).fetchall()


def test_no_role_makes_itself_an_operator(world: World) -> None:
    for role in ("console", "identity", "portal", "public"):
        with pytest.raises(errors.InsufficientPrivilege):
            world.face(role).execute("select console.invite('Mallory', 'security', 'x', 7, 'me')")
    for statement in (
        "insert into console.operators (name, role, invited_by, needs_approval) values ('Mallory', 'security', 'me', false)",
        "insert into console.sessions overriding system value select * from console.sessions",
        "update console.passkeys set public_key = public_key",
        "select * from console.challenges",
        "select console.operator_who_signed('a', 'b', 'c', 'd', 'e')",
        "select console.done('{}', null)",
        "select gate.contain('platform', '', 2::smallint, 'x', 'y')",
        "select gate.release_as(1, null, 'x', 'y', null)",
        "select console.ask('release', '{}', 'x', 'y')",
        "select console.signed(1, null)",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            world.face("console").execute(statement)


def test_an_invitation_serves_once_and_only_its_own_registration(world: World) -> None:
    _, code, _ = invited(world, "Inès Moreau")
    _, other, _ = invited(world, "Paul Garnier")
    assert not enrol(world, digest("no code"), Key())
    assert enrol(world, code, Key())
    assert not enrol(world, code, Key())
    world.do("update console.invitations set expires_at = now() where code_digest = %s", other)
    assert not enrol(world, other, Key())


def test_a_key_off_the_curve_is_not_registered(world: World) -> None:
    _, code, _ = invited(world, f"Léo {secrets.token_hex(4)}")
    right = Key()
    wrong = SimpleNamespace(credential_id=right.credential_id, public_key=right.public_key[:-1] + b"\0")
    assert not enrol(world, code, wrong)  # type: ignore[arg-type]  # a key that nobody has
    assert enrol(world, code, right)


def test_a_name_is_of_one_operator(world: World, nadia: Operator) -> None:
    taken = world.face("operator").execute(
        "select * from console.invite(%s, 'support', 'x', 7, 'root')", (nadia.name.upper(),)
    )
    assert taken.fetchone() is None


def test_from_the_third_on_two_who_are_there_sign(world: World, nadia: Operator, hugo: Operator) -> None:
    third = enrolled(world, is_admitted=False)
    assert sign_in(world, third.key.sign(handed(world))) is None
    desk, at_hugos = entered(world, nadia), entered(world, hugo)
    number = world.one("select max(proposal_id) from console.proposals where kind = 'admit'")
    what = {"kind": "sign", "proposal_id": number, "because": "embauchée lundi"}
    _, sentence, _ = begin(world, desk, what)
    assert sentence is not None
    assert third.name in sentence
    assert "empreinte" in sentence
    assert act(world, desk, nadia, what) == "asked"
    assert act(world, desk, nadia, what) == "agreement-by-same-person"
    assert sign_in(world, third.key.sign(handed(world))) is None, "one alone admits nobody"
    assert act(world, at_hugos, hugo, what) == "done"
    assert sign_in(world, third.key.sign(handed(world)))
    assert act(world, desk, nadia, what) == "nothing-of-that-name"


def test_nobody_admits_themselves(world: World, nadia: Operator) -> None:
    with pytest.raises(errors.CheckViolation, match="nobody_admits_themselves"):
        world.do(
            "update console.operators set approved_by = operator_id where operator_id = %s", nadia.operator_id
        )


def test_an_act_carries_the_name_of_the_key(world: World, nadia: Operator, account: Account) -> None:
    assert act(world, entered(world, nadia), nadia, freeze(account)) == "done"
    decided = world.owner.execute(
        "select decided_by, mode from gate.containments order by containment_id desc limit 1"
    ).fetchone()
    assert decided == (nadia.name, 2)
    told = world.ask(world.software_session(account).about(world.person("Léa", world.insurer())))
    assert outcome(told) is Outcome.CONTAINED


def test_what_was_signed_can_be_checked_for_ever(world: World, nadia: Operator, account: Account) -> None:
    act(world, entered(world, nadia), nadia, freeze(account))
    assert world.one(
        "select translate(rtrim(encode(sha256(a.salt || convert_to(a.sentence, 'UTF8')), 'base64'), '='), '+/', '-_')"
        " = convert_from(a.client_data, 'UTF8')::jsonb ->> 'challenge'"
        " and console.is_signed(k.public_key, a.authenticator_data || sha256(a.client_data), a.signature)"
        " from console.acts as a join console.passkeys as k using (credential_id) order by act_id desc limit 1"
    )


def test_an_act_that_the_key_did_not_sign_is_not_done(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk, at_hugos = entered(world, nadia), entered(world, hugo)
    before = world.one("select count(*) from gate.containments")

    def begun() -> bytes:
        return begin(world, desk, freeze(account))[2]

    first, second = begun(), begun()
    assert perform(world, desk, (*nadia.key.sign(first)[:4], second)) == "verification-refused"
    assert perform(world, desk, hugo.key.sign(begun())) == "verification-refused"
    assert perform(world, desk, nadia.key.sign(handed(world))) == "verification-refused"
    assert perform(world, desk, nadia.key.sign(begun(), flags=1)) == "verification-refused"
    assert perform(world, at_hugos, hugo.key.sign(begun())) == "verification-refused"
    late = begun()
    world.do("update console.challenges set expires_at = now()")
    assert perform(world, desk, nadia.key.sign(late)) == "verification-refused"
    assert world.one("select count(*) from gate.containments") == before
    good = begun()
    assert perform(world, desk, nadia.key.sign(good)) == "done"
    assert perform(world, desk, nadia.key.sign(good)) == "verification-refused"


def test_a_release_takes_two_operators(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk, at_hugos = entered(world, nadia), entered(world, hugo)
    act(world, desk, nadia, freeze(account))
    what = release(world)
    assert act(world, desk, nadia, what) == "asked"
    assert act(world, desk, nadia, what) == "agreement-by-same-person"
    assert act(world, at_hugos, hugo, what) == "released"
    assert world.owner.execute(
        "select asked_by, approved_by, asked_operator_id, approved_operator_id from gate.releases"
        " order by release_id desc limit 1"
    ).fetchone() == (nadia.name, hugo.name, nadia.operator_id, hugo.operator_id)
    assert act(world, desk, nadia, what) == "nothing-of-that-name"


def test_the_first_persons_waves_hold(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk = entered(world, nadia)
    act(world, desk, nadia, freeze(account))
    assert act(world, desk, nadia, release(world) | {"waves_s": 3600}) == "asked"
    assert act(world, entered(world, hugo), hugo, release(world)) == "released"
    assert world.one(
        "select released_at - waves_from = interval '1 hour' from gate.containments order by containment_id desc limit 1"
    )


def test_two_operators_end_or_shorten_a_return_by_waves(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk, at_hugos = entered(world, nadia), entered(world, hugo)
    act(world, desk, nadia, freeze(account))
    what = release(world)
    act(world, desk, nadia, what | {"waves_s": 3600})
    assert act(world, at_hugos, hugo, what) == "released"
    assert begin(world, desk, what | {"waves_s": 7200})[0] == "release-not-earlier"
    begun = begin(world, desk, what | {"waves_s": 600})
    assert "Demander de lever ce qui reste du confinement" in begun[1]
    assert "en retour par vagues jusqu’au" in begun[1]
    assert act(world, desk, nadia, what | {"waves_s": 600}) == "asked"
    assert world.one("select console.waiting()") >= 1
    assert act(world, desk, nadia, what) == "agreement-by-same-person"
    assert act(world, at_hugos, hugo, what) == "released"
    left = "select released_at - now() from gate.containments where containment_id = %s"
    assert timedelta(minutes=9) < world.one(left, what["containment_id"]) < timedelta(minutes=10)
    assert act(world, at_hugos, hugo, what) == "asked"
    assert act(world, desk, nadia, what) == "released"
    assert world.one(left, what["containment_id"]) <= timedelta(0)


def test_what_was_asked_by_no_key_is_nobodys_word(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk = entered(world, nadia)
    act(world, desk, nadia, freeze(account))
    number = world.one("select max(containment_id) from gate.containments")
    world.do(
        "insert into gate.releases (containment_id, because, asked_by) values (%s, 'fini', 'personne')",
        number,
    )
    assert act(world, desk, nadia, release(world)) == "asked", "before there were keys; now hers is the first"
    assert act(world, entered(world, hugo), hugo, release(world)) == "released"


def test_who_asked_and_was_dismissed_has_no_word_left(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk = entered(world, nadia)
    act(world, desk, nadia, freeze(account))
    assert act(world, desk, nadia, release(world)) == "asked"
    world.do("update console.operators set revoked_at = now() where operator_id = %s", nadia.operator_id)
    assert act(world, entered(world, hugo), hugo, release(world)) == "asked"


def test_an_act_says_why(world: World, nadia: Operator, account: Account) -> None:
    for because in ("", "  "):
        assert (
            begin(world, entered(world, nadia), freeze(account) | {"because": because})[0] == "reason-missing"
        )


def test_what_came_to_say_something_else_is_not_what_was_signed(
    world: World, nadia: Operator, hugo: Operator, account: Account
) -> None:
    desk = entered(world, nadia)
    act(world, desk, nadia, freeze(account))
    _, _, challenge = begin(world, desk, release(world))
    assert act(world, entered(world, hugo), hugo, release(world)) == "asked"
    assert perform(world, desk, nadia.key.sign(challenge)) == "nothing-of-that-name", (
        "she had read that she asks"
    )


def test_the_support_tightens_and_does_not_loosen(world: World, account: Account) -> None:
    support = enrolled(world, role="support")
    desk = entered(world, support)
    assert act(world, desk, support, freeze(account)) == "done"
    assert act(world, desk, support, release(world)) == "operator-not-entitled"
    what = {"kind": "dismiss", "operator_id": support.operator_id, "because": "pour voir"}
    assert act(world, desk, support, what) == "operator-not-entitled"


def test_who_lost_the_right_in_between_does_not_loosen(
    world: World, nadia: Operator, account: Account
) -> None:
    desk = entered(world, nadia)
    act(world, desk, nadia, freeze(account))
    _, _, challenge = begin(world, desk, release(world))
    world.do("update console.operators set role = 'support' where operator_id = %s", nadia.operator_id)
    assert perform(world, desk, nadia.key.sign(challenge)) == "operator-not-entitled"


def test_each_proof_brings_the_nonce_of_the_next_and_a_copy_diverges(world: World, nadia: Operator) -> None:
    desk = entered(world, nadia)
    verdict, nonce = admit(world, desk, b"1")
    assert (verdict, bool(nonce)) == ("admitted", True)
    assert nonce is not None
    assert admit(world, desk.after(nonce), b"2")[0] == "admitted"
    assert admit(world, desk, b"3") == ("nonce-diverged", None)
    assert admit(world, desk, b"4")[0] == "session-revoked"


def test_the_last_proof_again_learns_the_next_nonce_and_nothing_else(world: World, nadia: Operator) -> None:
    desk = entered(world, nadia)
    admit(world, desk, b"1")
    verdict, nonce = admit(world, desk, b"1")
    assert verdict == "proof-replayed"
    assert nonce is not None
    assert admit(world, desk.after(nonce), b"2")[0] == "admitted"
    assert admit(world, desk, b"1")[0] == "nonce-diverged", "one before the last is a copy's"


def test_a_page_that_asks_by_itself_keeps_no_session_alive(world: World, nadia: Operator) -> None:
    desk = entered(world, nadia)
    world.do("update console.sessions set last_used_at = now() - interval '29 minutes'")
    _, nonce = admit(world, desk, b"1", is_by_hand=False)
    assert nonce is not None
    desk = desk.after(nonce)
    world.do("update console.sessions set last_used_at = last_used_at - interval '2 minutes'")
    assert admit(world, desk, b"2", is_by_hand=False)[0] == "session-idle"


def test_a_session_ends_and_is_of_one_browser(world: World, nadia: Operator) -> None:
    desk = entered(world, nadia)
    assert admit(world, Desk(b"x" * 32, desk.thumbprint, desk.nonce), b"1")[0] == "session-unknown"
    assert admit(world, replace(desk, thumbprint=b"y" * 32), b"1")[0] == "key-mismatch"
    world.do("update console.sessions set expires_at = now()")
    assert admit(world, desk, b"1")[0] == "session-expired"


def test_a_session_of_an_operator_is_none_at_the_gate(
    world: World, nadia: Operator, account: Account
) -> None:
    session = world.software_session(account)
    desk = entered(world, nadia)
    stolen = replace(session, token=desk.token)
    assert outcome(world.ask(stolen.about(world.person("Léa", world.insurer())))) is Outcome.SESSION_UNKNOWN


def test_a_contained_software_is_named_and_shows_at_who_asks_through_it(
    world: World, nadia: Operator, account: Account
) -> None:
    desk = entered(world, nadia)
    session = world.software_session(account)
    client_id = world.one("select client_id from access.software where software_id = %s", session.software_id)
    freeze_it = {"kind": "contain", "scope": "software", "named": client_id, "mode": 2, "because": "volé"}
    assert act(world, desk, nadia, freeze_it) == "done"
    seen = world.face("console").execute(
        "select c ->> 'known_as' from jsonb_array_elements(console.account(%s, %s, null) -> 'contained') as c",
        (desk.token, account.account_id),
    )
    assert seen.fetchall() == [(f"le logiciel LGO ({client_id})",)]
    for named, by in ((client_id, f"par le logiciel LGO ({client_id})"), ("-", "par un navigateur")):
        shape = freeze_it | {"scope": "shape", "named": f"pharmacist/{named}/11"}
        sentence = begin(world, desk, shape)[1]
        assert sentence is not None
        assert f"en région 11, {by}" in sentence


def test_news_are_promised_ahead_and_the_sentence_says_when(world: World, nadia: Operator) -> None:
    desk = entered(world, nadia)
    told = {"kind": "publish", "population": "", "sentence": "Nous cherchons."}
    verdict, sentence, _ = begin(world, desk, told | {"next_news_at": "2040-01-02T15:30:00+01:00"})
    assert verdict == "begun"
    assert sentence is not None
    assert "Prochaines nouvelles le 02/01/2040 à 15\u00a0h\u00a030." in sentence
    assert (
        begin(world, desk, told | {"next_news_at": "2020-01-02T15:30:00+01:00"})[0] == "nothing-of-that-name"
    )
