"""Where too few operators are left to sign: who may begin again, who may not, and that everybody sees it."""

import pytest
from psycopg import errors

from tests.support.operators import Operator, enrolled, entered, invited, propose, sign
from tests.support.proposals import KINDS, begun_again, change_of, hugo, nadia, nobody
from tests.support.world import World

__all__ = ["hugo", "nadia", "nobody"]


@pytest.mark.parametrize("kind", KINDS)
def test_where_everybody_was_dismissed_nobody_loosens(nobody: World, nadia: Operator, kind: str) -> None:
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (nadia.operator_id,))
    what, is_made = change_of(nobody, kind)
    for name in ("root", "camille"):
        assert propose(nobody, kind, what, name)[0] == "to-sign"
    assert not nobody.one(is_made)


def test_who_dismisses_everybody_invites_nobody_without_signatures(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    for operator in (nadia, hugo):
        nobody.face("operator").execute("select console.dismiss(%s, 'root')", (operator.operator_id,))
    assert invited(nobody, "Mallory")[2], "she has to be signed for"


def test_the_owner_of_the_database_begins_again_and_everybody_sees_it(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    assert begun_again(nobody, "Inès Moreau") == (None, [nadia.operator_id, hugo.operator_id]), "two can sign"
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (hugo.operator_id,))
    assert begun_again(nobody, nadia.name) == (None, [nadia.operator_id]), "the name is taken"
    assert begun_again(nobody, "Inès Moreau")[0] is not None
    seen = nobody.face("console").execute(
        "select console.proposed(%s) -> 'settled' -> 0", (entered(nobody, nadia).token,)
    )
    (told,) = seen.fetchone() or ({},)
    assert "Inès Moreau" in told["change"]
    assert (told["asked_by"], told["because"]) == ("root", "les deux clés sont perdues")
    for role in ("operator", "console", "identity"):
        with pytest.raises(errors.InsufficientPrivilege):
            nobody.face(role).execute(
                "select * from platform.begin_again('M', 'security', 'x', 7, 'me', 'x')"
            )


def test_one_of_two_does_not_admit_a_third_alone_even_after_the_other_left(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (hugo.operator_id,))
    mine = enrolled(nobody, "Nadia bis", is_admitted=False)
    number = nobody.one("select max(proposal_id) from console.proposals where kind = 'admit'")
    desk = entered(nobody, nadia)
    assert sign(nobody, desk, nadia, number) == "asked"
    assert sign(nobody, desk, nadia, number) == "agreement-by-same-person"
    assert nobody.one(
        "select approved_at is null from console.operators where operator_id = %s", mine.operator_id
    )


def test_who_is_dismissed_before_being_admitted_waits_for_nobody(
    nobody: World, nadia: Operator, hugo: Operator
) -> None:
    third = enrolled(nobody, is_admitted=False)
    nobody.face("operator").execute("select console.dismiss(%s, 'root')", (third.operator_id,))
    waits = "select count(*) from console.proposals where kind = 'admit' and closed_at is null"
    assert nobody.one(waits) == 0
