"""Nobody loosens alone at the machine either: what its role asks for waits until two operators signed it with their keys.

A platform where nobody ever had a key is set up directly; after the first key this never comes back, whoever is dismissed.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from psycopg import errors

from rempart.store.database import connect_sync
from tests.support.operators import Operator, act, begin, enrolled, entered, propose, sign
from tests.support.proposals import (
    HOOK,
    KINDS,
    THIEFS,
    change_of,
    hugo,
    nadia,
    nobody,
    policy,
)
from tests.support.world import World

__all__ = ["hugo", "nadia", "nobody"]


def required_of(world: World, amc: str) -> int:
    return int(
        world.one(
            "select coalesce((select p.required from members.presence_policies as p join members.insurers using (insurer_id)"
            " where amc_number = %s and valid_until = 'infinity'), 0)",
            amc,
        )
    )


def channel_of(world: World, amc: str) -> str | None:
    found = world.owner.execute(
        "select url from members.channels join members.insurers using (insurer_id) where amc_number = %s",
        (amc,),
    ).fetchone()
    return None if found is None else str(found[0])


@pytest.mark.parametrize("kind", KINDS)
def test_what_loosens_takes_two_keys(nobody: World, nadia: Operator, hugo: Operator, kind: str) -> None:
    what, is_made = change_of(nobody, kind)
    verdict, number = propose(nobody, kind, what, "nadia")
    assert verdict == "to-sign"
    assert propose(nobody, kind, what, "hugo") == ("to-sign", number), "a second name is no second key"
    assert not nobody.one(is_made)
    desk, at_hugos = entered(nobody, nadia), entered(nobody, hugo)
    assert sign(nobody, desk, nadia, number) == "asked"
    assert sign(nobody, desk, nadia, number) == "agreement-by-same-person"
    assert not nobody.one(is_made)
    assert sign(nobody, at_hugos, hugo, number) == "done"
    assert nobody.one(is_made)
    assert sign(nobody, at_hugos, hugo, number) == "nothing-of-that-name"
    closed = nobody.owner.execute(
        "select closed_as, first_operator_id, second_operator_id, position('→' in change) > 0"
        " from console.proposals where proposal_id = %s",
        (number,),
    ).fetchone()
    assert closed == ("applied", nadia.operator_id, hugo.operator_id, True)


def test_a_return_by_waves_asked_at_the_machine_is_ended_by_two_keys(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    what, _ = change_of(nobody, "release")
    desks = [(entered(nobody, who), who) for who in (nadia, hugo)]
    left = (
        f"select released_at - now() from gate.containments where containment_id = {what['containment_id']}"
    )
    for waves, asked in (
        (3_600, "to-sign"),
        (7_200, "release-not-earlier"),
        (600, "to-sign"),
        (0, "to-sign"),
    ):
        verdict, number = propose(nobody, "release", what | ({"waves_s": waves} if waves else {}))
        assert verdict == asked
        if asked == "to-sign":
            assert [sign(nobody, *desk, number) for desk in desks] == ["asked", "done"]
            assert timedelta(0) <= timedelta(seconds=waves) - nobody.one(left) < timedelta(minutes=1)


def test_of_two_who_sign_at_once_one_has_read_that_it_was_the_first(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    what, is_made = change_of(nobody, "channel")
    _, number = propose(nobody, "channel", what)
    signing = {"kind": "sign", "proposal_id": number, "because": "vu avec eux"}
    desks = [(entered(nobody, who), who) for who in (nadia, hugo)]
    signed = [(desk.token, *who.key.sign(begin(nobody, desk, signing)[2])) for desk, who in desks]
    statement = "select verdict from console.perform(%s, %s, %s, %s, %s, %s)"
    with (
        connect_sync(nobody.database.settings, "console") as one,
        connect_sync(nobody.database.settings, "console") as other,
        ThreadPoolExecutor(1) as thread,
    ):
        with one.transaction():
            assert one.execute(statement, signed[0]).fetchone() == ("asked",)
            late = thread.submit(lambda: other.execute(statement, signed[1]).fetchone())
            time.sleep(0.5)
            assert not late.done()
        assert late.result(10) == ("nothing-of-that-name",)
    assert not nobody.one(is_made)
    assert sign(nobody, *desks[1], number) == "done"


@pytest.mark.parametrize("kind", ["presence", "channel", "provider"])
def test_a_new_platform_is_set_up_directly_and_it_stays_written(nobody: World, kind: str) -> None:
    what, is_made = change_of(nobody, kind)
    verdict, number = propose(nobody, kind, what)
    assert verdict == "done"
    assert nobody.one(is_made)
    written = nobody.owner.execute(
        "select asked_by, because, closed_as from console.proposals where proposal_id = %s", (number,)
    ).fetchone()
    assert written == ("root", "convenu avec l’assureur", "applied")


@pytest.mark.parametrize("kind", ["detectors", "canaries", "release"])
def test_a_new_platform_takes_two_names_for_the_rest(nobody: World, kind: str) -> None:
    what, is_made = change_of(nobody, kind)
    assert [propose(nobody, kind, what, name)[0] for name in ("root", "root")] == ["asked", "same-person"]
    assert not nobody.one(is_made)
    assert propose(nobody, kind, what, "camille")[0] in {"done", "released"}
    assert nobody.one(is_made)


def test_what_was_asked_by_a_name_is_signed_by_two_once_there_are_keys(nobody: World) -> None:
    what, is_made = change_of(nobody, "detectors")
    assert propose(nobody, "detectors", what, "root")[0] == "asked"
    enrolled(nobody)
    assert propose(nobody, "detectors", what, "camille")[0] == "to-sign"
    assert not nobody.one(is_made)


def test_an_insurer_whose_channel_was_closed_is_no_way_round(nobody: World, nadia: Operator) -> None:
    insurer = nobody.insurer()
    nobody.do("insert into members.channels (insurer_id, url) values (%s, %s)", insurer.insurer_id, HOOK)
    assert propose(nobody, "channel", {"amc": insurer.amc, "url": HOOK})[0] == "done", "it is so already"
    assert propose(nobody, "channel", {"amc": insurer.amc, "url": None})[0] == "done"
    assert channel_of(nobody, insurer.amc) is None
    assert propose(nobody, "channel", {"amc": insurer.amc, "url": THIEFS})[0] == "to-sign"
    assert channel_of(nobody, insurer.amc) is None


def test_a_provider_is_revoked_by_one_and_believed_again_by_two(nobody: World, nadia: Operator) -> None:
    issuer = "https://idp.example"
    believed = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks", "for_tests": True}
    nobody.do("delete from access.identity_providers")
    nobody.do("insert into access.identity_providers values (%s, %s, true)", issuer, f"{issuer}/jwks")
    assert propose(nobody, "provider", believed)[0] == "done", "it is so already"
    for other in ({"for_tests": False}, {"jwks_uri": THIEFS}):
        assert propose(nobody, "provider", believed | other)[0] == "to-sign"
    assert propose(nobody, "provider", {"issuer": issuer, "jwks_uri": None})[0] == "done"
    assert nobody.one(
        "select revoked_at is not null from access.identity_providers where issuer = %s", issuer
    )
    assert propose(nobody, "provider", believed)[0] == "to-sign"
    assert propose(nobody, "provider", {"issuer": THIEFS, "jwks_uri": None})[0] == "unknown"


def test_whose_word_is_worth_nothing_any_more_has_not_signed(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    what, is_made = change_of(nobody, "channel")
    _, number = propose(nobody, "channel", what)
    assert sign(nobody, entered(nobody, nadia), nadia, number) == "asked"
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (nadia.operator_id,))
    desk = entered(nobody, hugo)
    assert sign(nobody, desk, hugo, number) == "asked"
    assert not nobody.one(is_made)
    assert sign(nobody, desk, hugo, number) == "agreement-by-same-person"


def test_one_operator_refuses_and_one_person_withdraws(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    desk = entered(nobody, hugo)
    what, is_made = change_of(nobody, "channel")
    for close in ("refuse", "withdraw"):
        _, number = propose(nobody, "channel", what)
        assert sign(nobody, entered(nobody, nadia), nadia, number) == "asked"
        if close == "refuse":
            refuse = {"kind": "refuse", "proposal_id": number, "because": "adresse inconnue de l’assureur"}
            assert act(nobody, desk, hugo, refuse) == "done"
        else:
            withdrawn = nobody.face("operator").execute("select console.withdraw(%s, 'root')", (number,))
            assert withdrawn.fetchone() == (True,)
        assert sign(nobody, desk, hugo, number) == "nothing-of-that-name"
    assert not nobody.one(is_made)


def test_the_support_refuses_and_does_not_sign(nobody: World, nadia: Operator, hugo: Operator) -> None:
    support = enrolled(nobody, role="support")
    desk = entered(nobody, support)
    _, number = propose(nobody, *("channel", change_of(nobody, "channel")[0]))
    assert sign(nobody, desk, support, number) == "operator-not-entitled"
    assert (
        act(nobody, desk, support, {"kind": "refuse", "proposal_id": number, "because": "douteux"}) == "done"
    )


def test_an_operator_reads_all_that_changes_before_signing(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    insurer = nobody.insurer(required_presence=3)
    nobody.do("insert into members.channels (insurer_id, url) values (%s, %s)", insurer.insurer_id, HOOK)
    read = []
    for kind, what in (
        ("presence", policy(nobody, insurer.amc, 0)),
        ("channel", {"amc": insurer.amc, "url": THIEFS}),
        ("detectors", change_of(nobody, "detectors")[0]),
    ):
        _, number = propose(nobody, kind, what)
        read.append(
            begin(nobody, entered(nobody, nadia), {"kind": "sign", "proposal_id": number, "because": "vu"})[1]
            or ""
        )
    assert "première signature sur deux" in read[0]
    assert "Mutuelle de la Loire" in read[0]
    assert "en temps ordinaire, une preuve" in read[0].split("→")[0]
    assert "en temps ordinaire, rien" in read[0].split("→")[1]
    assert [HOOK in part for part in read[1].split("→")] == [True, False]
    assert THIEFS in read[1].split("→")[1]
    assert "Médecin, personnes jamais vues ici depuis douze mois\u00a0: honnête" in read[2]
    assert "seuil 13,8 → " in read[2]
    assert "Demandé par root\u00a0: «\u00a0convenu avec l’assureur\u00a0»" in read[0]


def test_what_cannot_be_any_more_is_not_signed(nobody: World, nadia: Operator) -> None:
    what, _ = change_of(nobody, "release")
    _, number = propose(nobody, "release", what)
    nobody.do(
        "update gate.containments set released_at = now() where containment_id = %s", what["containment_id"]
    )
    assert sign(nobody, entered(nobody, nadia), nadia, number) == "nothing-of-that-name"


@pytest.mark.parametrize("because", ["", "  ", "deux\nlignes", "x" * 301])
def test_a_reason_says_something(nobody: World, because: str) -> None:
    insurer = nobody.insurer()
    for statement in (
        f"select console.ask('channel', '{{\"amc\": \"{insurer.amc}\", \"url\": null}}', %s, 'root')",
        "insert into console.proposals (kind, what, because, asked_by) values ('channel', '{}', %s, 'root')",
    ):
        connection = nobody.face("operator") if "ask" in statement[:20] else nobody.owner
        with pytest.raises(errors.CheckViolation, match="a_proposal_says_why"):
            connection.execute(statement, (because,))


@pytest.mark.parametrize("because", ["", " "])
def test_no_containment_and_no_release_goes_without_a_reason(nobody: World, because: str) -> None:
    with pytest.raises(errors.CheckViolation, match="a_containment_says_why"):
        nobody.face("operator").execute(
            "select gate.contain('face', 'portal', 2::smallint, %s, 'nadia')", (because,)
        )
    what, _ = change_of(nobody, "release")
    with pytest.raises(errors.CheckViolation, match="a_release_says_why"):
        nobody.face("operator").execute(
            "select console.ask('release', jsonb_build_object('containment_id', %s::bigint), %s, 'nadia')",
            (what["containment_id"], because),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "update members.presence_policies set required = 0",
        "insert into members.presence_policies values (1, now(), 'infinity', 0, 1, 126)",
        "insert into members.channels (insurer_id, url) values (1, 'https://voleur.example/')",
        "update members.channels set url = 'https://voleur.example/'",
        "delete from members.channels",
        "insert into access.identity_providers (issuer, jwks_uri) values ('https://voleur.example', 'https://voleur.example')",
        "update access.identity_providers set jwks_uri = 'https://voleur.example'",
        "update access.detector_rules set threshold = 1e9",
        "insert into console.operators (name, role, invited_by, needs_approval) values ('Mallory', 'security', 'me', false)",
        "update console.operators set needs_approval = false",
        "insert into console.passkeys select * from console.passkeys",
        "delete from console.passkeys",
        "select * from console.proposals",
        "update console.proposals set first_operator_id = 1",
        "select console.apply(null, 'a', 'b')",
        "select console.signed(1, null)",
        "select console.close_proposal(1, 'applied', 'me')",
        "select console.change_rules('{}', now()::date, 'x')",
        "select console.release_by_two(null, 'a', 'b')",
        "select * from platform.begin_again('Mallory', 'security', 'x', 7, 'me', 'x')",
        "select console.ask('admit', '{\"operator_id\": 1}', 'x', 'me')",
        "select drill.require_presence(0::smallint)",
    ],
)
def test_the_machines_role_loosens_by_no_other_way(nobody: World, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        nobody.face("operator").execute(statement)
