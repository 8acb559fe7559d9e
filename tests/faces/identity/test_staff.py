"""A titulaire names his staff; each has his own passkey, spends the titulaire's budget, and leaves by one act."""

import pytest

from rempart.limits import STAFF_PER_ACCOUNT_MAX
from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.support.authenticator import Browser
from tests.support.enrolment import enrolled, invite, run
from tests.support.identity import House


@pytest.fixture
def titulaire(house: House) -> Browser:
    return enrolled(house, "Claire Fontaine", profession="optician")


def hire(titulaire: Browser, name: str) -> tuple[int, Browser]:
    invited = titulaire.call("POST", "/browser/staff", {"display_name": name})
    assert invited.status == 201
    member = Browser(titulaire.house)
    assert member.enrol(invited.body["link"]).status == 201
    return invited.body["account_id"], member


def test_a_member_works_under_his_own_name_at_the_titulaires_place(titulaire: Browser) -> None:
    _, member = hire(titulaire, "Paul  Martin ")
    account = member.call("GET", "/browser/session").body["account"]
    assert account["display_name"] == "Paul Martin"
    assert account["organisation"] == "Claire Fontaine"
    assert (account["kind"], account["profession"], account["may_enrol_staff"]) == (
        "staff",
        "optician",
        False,
    )


def test_a_member_spends_the_titulaires_budget(house: House, titulaire: Browser) -> None:
    account_id, _ = hire(titulaire, "Jeanne Petit")
    (row,) = run(
        house,
        "select h.display_name, a.enrolled_by = h.account_id, s.holder_account_id = h.account_id "
        "from access.accounts as a join access.accounts as h on h.account_id = a.holder_account_id "
        "join gate.account_state as s on s.account_id = a.account_id where a.account_id = %s",
        account_id,
    )
    assert row == ("Claire Fontaine", True, True)


def test_the_list_says_who_is_invited_and_who_is_active(titulaire: Browser) -> None:
    hire(titulaire, "Béatrice Roy")
    titulaire.call("POST", "/browser/staff", {"display_name": "Alain Roy"})
    staff = titulaire.call("GET", "/browser/staff").body["staff"]
    assert [(member["display_name"], member["state"]) for member in staff] == [
        ("Alain Roy", "invited"),
        ("Béatrice Roy", "active"),
    ]
    assert staff[0]["last_used_at"] is None
    assert staff[1]["last_used_at"] is not None


def test_revoking_a_member_ends_his_sessions_and_passkeys_at_once(titulaire: Browser) -> None:
    account_id, member = hire(titulaire, "Marc Dubois")
    assert titulaire.call("DELETE", f"/browser/staff/{account_id}").status == 204
    told = member.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (401, "session-revoked")
    assert member.sign_in().status == 403
    assert titulaire.call("GET", "/browser/staff").body["staff"] == []
    assert titulaire.call("DELETE", f"/browser/staff/{account_id}").status == 404


def test_a_member_revoked_before_enrolling_cannot_enrol(titulaire: Browser) -> None:
    invited = titulaire.call("POST", "/browser/staff", {"display_name": "Luc Bernard"}).body
    assert titulaire.call("DELETE", f"/browser/staff/{invited['account_id']}").status == 204
    assert Browser(titulaire.house).enrol(invited["link"]).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/browser/staff", None),
        ("POST", "/browser/staff", {"display_name": "Zoé Garnier"}),
        ("DELETE", "/browser/staff/1", None),
    ],
)
def test_a_member_has_no_staff(titulaire: Browser, method: str, path: str, body: object) -> None:
    _, member = hire(titulaire, "Anne Robert")
    told = member.call(method, path, body)
    assert (told.status, told.body["code"]) == (403, "not-a-titulaire")


def test_a_titulaire_cannot_revoke_another_ones_staff(house: House, titulaire: Browser) -> None:
    other = enrolled(house, "Hugo Lefebvre")
    account_id, member = hire(other, "Théo Roux")
    assert titulaire.call("DELETE", f"/browser/staff/{account_id}").status == 404
    assert member.call("GET", "/browser/session").status == 200


def test_a_titulaire_cannot_revoke_himself_as_staff(house: House, titulaire: Browser) -> None:
    ((account_id,),) = run(
        house,
        "select account_id from access.sessions where token_digest = sha256(%s::text::bytea)",
        titulaire.token,
    )
    assert titulaire.call("DELETE", f"/browser/staff/{account_id}").status == 404


def test_a_titulaire_struck_off_takes_the_staff_along(house: House) -> None:
    professional = house.register("Léa Moreau")
    titulaire = Browser(house)
    titulaire.enrol(invite(house, professional))
    _, member = hire(titulaire, "Nina Faure")
    with connect_sync(house.settings, "operator") as connection:
        manage_access.strike_off(connection, professional.rpps)
    told = member.call("GET", "/browser/session")
    assert (told.status, told.body["code"]) == (403, "professional-struck-off")
    assert member.sign_in().status == 403


@pytest.mark.parametrize("name", ["", " ", "x", "a\u202eb", "x" * 81, "nom\u0000nul"])
def test_a_name_that_is_none_is_refused(titulaire: Browser, name: str) -> None:
    told = titulaire.call("POST", "/browser/staff", {"display_name": name})
    assert (told.status, told.body["code"]) == (400, "staff-name-refused")


def test_a_staff_is_no_larger_than_it_may(house: House, titulaire: Browser) -> None:
    run(
        house,
        "insert into access.accounts (kind, organisation_id, profession_id, holder_account_id, display_name) "
        "select 'staff', h.organisation_id, h.profession_id, h.account_id, 'Membre ' || n "
        "from access.sessions as s join access.accounts as h using (account_id), generate_series(1, %s) as n "
        "where s.token_digest = sha256(%s::text::bytea)",
        STAFF_PER_ACCOUNT_MAX,
        titulaire.token,
    )
    told = titulaire.call("POST", "/browser/staff", {"display_name": "Un de trop"})
    assert (told.status, told.body["code"]) == (409, "staff-too-many")
