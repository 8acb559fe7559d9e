"""A workstation is left unlocked: a thief enrols a passkey of his own from the owner's session.

He cannot do it in silence, cannot shut the owner out, has half the budget, and is out as soon as the owner has read the letter.
"""

from collections.abc import Iterator

import pytest

from tests.faces.identity.test_contacts import PRACTICE, confirmed, given, sent
from tests.faces.identity.test_devices import add_passkey, grow_old, hours_reduced, revoke
from tests.support.authenticator import Browser
from tests.support.enrolment import invite, run
from tests.support.identity import House, house
from tests.support.mail import PostOffice, post_office

__all__ = ["house"]

HOME = "claire@example.net"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


async def test_a_thief_who_enrols_his_own_passkey_is_told_of_halved_and_thrown_out(
    house: House, office: PostOffice
) -> None:
    professional = house.register("Claire Fontaine")
    given(house, professional, PRACTICE)
    owner = Browser(house)
    assert owner.enrol(invite(house, professional)).status == 201
    await confirmed(owner, office, HOME)
    grow_old(house, owner.authenticator)
    run(house, "update gate.account_state set reduced_until = null")
    await sent(house, office)

    # Her session is open and nobody looks: he enrols his own passkey from it, and signs in on his machine.
    thief = Browser(house)
    assert add_passkey(owner, thief.authenticator) == 201
    assert thief.sign_in().status == 200

    # He tries to be alone: her passkey is not his to take, from his session nor from hers.
    assert revoke(thief, owner.authenticator).body["code"] == "passkey-too-new"
    assert revoke(owner, owner.authenticator).body["code"] == "passkey-in-use"
    # He removes her addresses so that nobody hears of it: that is told to them.
    for contact in thief.call("GET", "/browser/contacts").body["contacts"]:
        assert thief.call("DELETE", f"/browser/contacts/{contact['contact_id']}").status == 204

    letters = await sent(house, office)
    assert [to for to, subject in letters if "Nouvelle clé" in subject] == [PRACTICE, HOME]
    assert {to for to, subject in letters if "adresse retirée" in subject} == {PRACTICE, HOME}
    assert hours_reduced(house, professional.account_id) == 24

    # She reads one of them at home, signs in again, and takes his passkey back.
    assert owner.sign_in().status == 200
    assert revoke(owner, thief.authenticator).status == 204
    assert thief.call("GET", "/browser/session").status == 401
    assert thief.sign_in().status == 403
    assert owner.call("GET", "/browser/session").status == 200
    assert hours_reduced(house, professional.account_id) == 24, "what he may have asked stays bounded"
