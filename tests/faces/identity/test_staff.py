"""A titulaire names his staff; each has his own passkey, spends the titulaire's budget, and leaves by one act."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rempart.limits import STAFF_ENROLLED_PER_DAY_TITULAIRE, STAFF_PER_TITULAIRE_MAX
from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.faces.identity.test_contacts import PRACTICE, given, office, sent
from tests.faces.identity.test_devices import add_passkey
from tests.faces.identity.test_recovery import vouch
from tests.support.authenticator import Authenticator, Browser
from tests.support.enrolment import a_day_after_the_passkey, enrolled, invite, run
from tests.support.identity import House
from tests.support.mail import PostOffice

__all__ = ["office"]

ENROLLED = "Nouvelle personne dans votre équipe Rempart"


@pytest.fixture
def titulaire(house: House) -> Browser:
    return settled(house, "Claire Fontaine", profession="optician")


def settled(house: House, name: str, **register: Any) -> Browser:
    """Enrol a titulaire whose passkey is a day old."""
    browser = enrolled(house, name, **register)
    a_day_after_the_passkey(house)
    return browser


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
    other = settled(house, "Hugo Lefebvre")
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
    a_day_after_the_passkey(house)
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
        STAFF_PER_TITULAIRE_MAX,
        titulaire.token,
    )
    told = titulaire.call("POST", "/browser/staff", {"display_name": "Un de trop"})
    assert (told.status, told.body["code"]) == (409, "staff-too-many")
    assert titulaire.call("GET", "/browser/staff").body["enrolment"]["refusal"] == "staff-too-many"


def test_a_new_passkey_enrols_nobody_for_a_day_and_the_list_says_until_when(house: House) -> None:
    browser = enrolled(house, "Ines Fontaine")
    told = browser.call("POST", "/browser/staff", {"display_name": "Noé Petit"})
    assert (told.status, told.body["code"]) == (403, "enrolment-device-new")
    assert "24 heures" in told.body["message"]
    listed = browser.call("GET", "/browser/staff").body
    assert (listed["staff"], listed["enrolment"]["refusal"]) == ([], "enrolment-device-new")
    opens_in = datetime.fromisoformat(listed["enrolment"]["opens_at"]) - datetime.now(UTC)
    assert timedelta(hours=23) < opens_in < timedelta(hours=25)
    a_day_after_the_passkey(house)
    assert browser.call("GET", "/browser/staff").body["enrolment"] == {"refusal": None, "opens_at": None}
    assert browser.call("POST", "/browser/staff", {"display_name": "Noé Petit"}).status == 201


def test_who_is_asked_for_presence_enrols_nobody(house: House, titulaire: Browser) -> None:
    run(
        house,
        "update gate.account_state as st set watch.stepped_up_at = now() from access.sessions as s"
        " where s.account_id = st.account_id and s.token_digest = sha256(%s::text::bytea)",
        titulaire.token,
    )
    told = titulaire.call("POST", "/browser/staff", {"display_name": "Noé Petit"})
    assert (told.status, told.body["code"]) == (403, "enrolment-suspended")


def test_five_are_enrolled_in_a_day_and_the_sixth_is_told_so(titulaire: Browser) -> None:
    for number in range(STAFF_ENROLLED_PER_DAY_TITULAIRE):
        invited = titulaire.call("POST", "/browser/staff", {"display_name": f"Membre {number}"})
        assert invited.status == 201
        assert titulaire.call("DELETE", f"/browser/staff/{invited.body['account_id']}").status == 204
    told = titulaire.call("POST", "/browser/staff", {"display_name": "Un de trop"})
    assert (told.status, told.body["code"]) == (409, "enrolments-too-many")
    assert "5 par titulaire" in told.body["message"]


def test_a_new_member_is_told_until_when_he_is_new_and_a_titulaire_never_is(titulaire: Browser) -> None:
    _, member = hire(titulaire, "Paul Martin")
    until = member.call("GET", "/browser/session").body["account"]["new_until"]
    assert timedelta(hours=23) < datetime.fromisoformat(until) - datetime.now(UTC) < timedelta(hours=25)
    assert titulaire.call("GET", "/browser/session").body["account"]["new_until"] is None


def hours_new(house: House, account_id: int) -> float:
    statement = "select extract(epoch from new_until - now())::float8 / 3600 from gate.account_state where account_id = %s"
    ((hours,),) = run(house, statement, account_id)
    return round(hours, 1)


def two_days_pass(house: House) -> None:
    run(house, "update gate.account_state set new_until = new_until - interval '48 hours'")


def test_the_first_day_of_a_member_begins_with_his_first_key_and_with_no_other(
    house: House, titulaire: Browser
) -> None:
    """An invitation waits for seven days, and whoever waits is new all the same; who adds a key of his own is not."""
    invited = titulaire.call("POST", "/browser/staff", {"display_name": "Noé Petit"}).body
    two_days_pass(house)
    member = Browser(house)
    assert member.enrol(invited["link"]).status == 201
    assert hours_new(house, invited["account_id"]) == 24
    two_days_pass(house)
    assert add_passkey(member, Authenticator()) == 201
    assert hours_new(house, invited["account_id"]) == -24


def test_an_account_that_is_given_back_is_new_again(house: House, titulaire: Browser) -> None:
    """Else who holds a titulaire's account takes that of his oldest member instead of enrolling another one."""
    account_id, _ = hire(titulaire, "Paul Martin")
    two_days_pass(house)
    handed = vouch(titulaire, account_id)
    assert Browser(house).enrol(handed.body["link"]).status == 201
    assert hours_new(house, account_id) == 24


async def test_each_enrolment_is_told_to_every_contact_of_the_titulaire(
    house: House, office: PostOffice
) -> None:
    professional = house.register("Rose Lefebvre")
    given(house, professional, PRACTICE)
    browser = Browser(house)
    browser.enrol(invite(house, professional))
    await sent(house, office)
    refused = browser.call("POST", "/browser/staff", {"display_name": "Noé Petit"})
    assert (refused.status, await sent(house, office)) == (403, [])
    a_day_after_the_passkey(house)
    browser.call("POST", "/browser/staff", {"display_name": "Noé Petit"})
    assert await sent(house, office) == [(PRACTICE, ENROLLED)]
    words = office.words()
    assert "Noé" not in words
    assert "pendant 24 heures elle devra prouver la présence" in " ".join(words.split())
