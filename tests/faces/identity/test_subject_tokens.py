"""A professional is named to a software by a provider that we believe, at a place that the register knows."""

import json
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.support.identity import House, Professional, Provider, said, sessions_of, with_luhn_key

WRONG_SUBJECTS: dict[str, tuple[dict[str, Any], str]] = {
    "issued to another client": ({"aud": "another-software"}, "subject-token-for-another"),
    "for two clients without saying which": (
        {"aud": ["officine-test", "another"]},
        "subject-token-for-another",
    ),
    "for two clients and issued to the other": (
        {"aud": ["officine-test", "another"], "azp": "another"},
        "subject-token-for-another",
    ),
    "expired": ({"exp": 1_700_000_000}, "subject-token-expired"),
    "from the future": ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "subject-token-malformed"),
    "without an end": ({"exp": None}, "subject-token-malformed"),
    "of a provider that we do not believe": (
        {"iss": "https://elsewhere.example"},
        "subject-token-issuer-unknown",
    ),
    "without a national identifier": (
        {"SubjectNameID": None, "preferred_username": None},
        "subject-names-nobody",
    ),
    "about an ADELI number": ({"SubjectNameID": "0759912345"}, "subject-names-nobody"),
    "about a bare RPPS number": ({"SubjectNameID": "10005173140"}, "subject-names-nobody"),
    "about an RPPS number with a wrong key": ({"SubjectNameID": "810005173141"}, "subject-names-nobody"),
    "about somebody who does not practise": ({"SubjectRefPro": {"exercices": []}}, "subject-names-nobody"),
    "about somebody who is not registered": (
        {"SubjectNameID": "8" + with_luhn_key("1099999999")},
        "subject-not-admitted",
    ),
    "at another place": (
        {"SubjectRefPro": {"exercices": [{"activities": [{"numeroFinessSite": "750712184"}]}]}},
        "subject-not-admitted",
    ),
}


@pytest.mark.parametrize(("claims", "code"), WRONG_SUBJECTS.values(), ids=WRONG_SUBJECTS.keys())
def test_a_subject_token_is_refused_when_it_is(
    house: House, pharmacist: Professional, claims: dict[str, Any], code: str
) -> None:
    subject_token = house.provider.identity_token(house.software.client_id, pharmacist.rpps, **claims)
    assert said(house.exchange(subject_token=subject_token)) == (400, "invalid_request", code)
    assert sessions_before_and_after(house, pharmacist, subject_token)


def sessions_before_and_after(house: House, pharmacist: Professional, subject_token: str) -> bool:
    """Whether the number of sessions does not move on a refused subject token."""
    before = len(sessions_of(house, pharmacist.account_id))
    house.exchange(subject_token=subject_token)
    return len(sessions_of(house, pharmacist.account_id)) == before


def test_a_subject_token_of_several_audiences_is_taken_when_it_was_issued_to_this_client(
    house: House, pharmacist: Professional
) -> None:
    claims = {"aud": ["officine-test", "another"], "azp": "officine-test"}
    subject_token = house.provider.identity_token("", pharmacist.rpps, **claims)
    assert house.exchange(subject_token=subject_token).status == 200


def test_a_subject_token_signed_by_another_key_is_refused(house: House, pharmacist: Professional) -> None:
    claims = {
        "iss": house.provider.issuer,
        "sub": "x",
        "aud": "officine-test",
        "iat": 1,
        "exp": 4_000_000_000,
    }
    forged = house.provider.sign(claims | {"SubjectNameID": f"8{pharmacist.rpps}"}, RSAKey.generate_key(2048))
    assert said(house.exchange(subject_token=forged)) == (
        400,
        "invalid_request",
        "subject-token-signature-wrong",
    )


@pytest.mark.parametrize(
    "subject_token", ["", "10005173140", "810005173140", "a.b.c", "..", "é.é.é", "x" * 40_000]
)
def test_what_is_no_token_names_nobody(house: House, subject_token: str) -> None:
    answer = house.exchange(subject_token=subject_token or None)
    assert answer.status == 400
    assert answer.body["error"] == "invalid_request"


def test_an_rpps_number_beside_the_token_changes_nothing(house: House, pharmacist: Professional) -> None:
    other = house.register("Luc Bernard")
    before = len(sessions_of(house, other.account_id))
    assert house.exchange(pharmacist.rpps, RPPS=other.rpps, sub=other.rpps).status == 200
    assert len(sessions_of(house, other.account_id)) == before


def test_unknown_struck_off_and_elsewhere_are_told_the_same_way(
    house: House, pharmacist: Professional
) -> None:
    gone = house.register("Marc Dubois")
    with connect_sync(house.settings, "operator") as connection:
        connection.execute(
            "update access.professionals set struck_off_at = now() where rpps = %s", (gone.rpps,)
        )
    told = [
        house.exchange(gone.rpps),
        house.exchange(with_luhn_key("1088888888")),
        house.exchange(pharmacist.rpps, organization="750712184"),
    ]
    assert {answer.status for answer in told} == {400}
    assert told[0].body == told[1].body == told[2].body
    assert told[0].body["code"] == "subject-not-admitted"


def test_a_professional_of_several_places_is_asked_which(house: House) -> None:
    first = house.register("Anne Robert")
    second_place = "750712184"
    with connect_sync(house.settings, "operator") as connection:
        second = manage_access.register_professional(
            connection, rpps=first.rpps, finess=second_place, profession="pharmacist", name="Anne Robert"
        )
    asked = house.exchange(first.rpps)
    assert said(asked) == (400, "invalid_request", "place-needed")
    assert second_place not in json.dumps(asked.body)
    assert house.exchange(first.rpps, organization=second_place).status == 200
    assert len(sessions_of(house, second.account_id)) == 1
    assert len(sessions_of(house, first.account_id)) == 0


def test_the_places_that_the_provider_names_choose_among_several(house: House) -> None:
    first = house.register("Léa Moreau")
    activity = {"numeroFinessSite": first.finess, "codeModeExercice": "L"}
    practice = {"exercices": [{"codeProfession": "21", "activities": [activity]}]}
    subject_token = house.provider.identity_token("officine-test", first.rpps, SubjectRefPro=practice)
    assert house.exchange(subject_token=subject_token).status == 200


def test_an_activity_without_a_finess_number_leaves_the_place_to_the_register(house: House) -> None:
    first = house.register("Hugo Lefebvre")
    activities = [{"numeroFinessSite": "", "codeModeExercice": "L"}, {"numeroFinessSite": "750712184"}]
    practice = {"exercices": [{"codeProfession": "10", "activities": activities}]}
    subject_token = house.provider.identity_token("officine-test", first.rpps, SubjectRefPro=practice)
    assert house.exchange(subject_token=subject_token).status == 200


def test_a_hospital_asks_in_its_own_name(house: House) -> None:
    with connect_sync(house.settings, "operator") as connection:
        hospital = manage_access.register_structure(connection, finess="750000358", name="Hôpital d'essai")
    claims = {"SubjectNameID": None, "preferred_username": None, "SubjectOrganizationID": "F750000358"}
    subject_token = house.provider.identity_token("officine-test", "", **claims)
    assert house.exchange(subject_token=subject_token).status == 200
    assert len(sessions_of(house, hospital.account_id)) == 1


def test_keys_that_the_provider_publishes_later_are_found(house: House, pharmacist: Professional) -> None:
    newer = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"}, private=True)
    rotated = Provider(house.provider.issuer, newer, [])
    token = rotated.identity_token("officine-test", pharmacist.rpps)
    assert said(house.exchange(subject_token=token))[2] == "subject-token-signature-wrong"
    asked = house.provider.asked
    house.exchange(subject_token=token)
    assert house.provider.asked == asked, "a key that is not published is not asked for again at once"
