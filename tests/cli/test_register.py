"""`rempart professional`, `software` and `provider` as an operator types them."""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from rempart.cli import main
from rempart.security.tokens import digest_of
from rempart.store.database import connect_sync
from tests.support.database import Database

PHARMACIST = [
    *("--rpps", "10005173140", "--finess", "750712184", "--profession", "pharmacist"),
    *("--name", "Claire Fontaine", "--organisation", "Pharmacie du Port"),
]


class Done(NamedTuple):
    """What a command left: its exit status and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run(database: Database, *arguments: str) -> Done:
    """Run the command line in this process: a new interpreter for each costs a second."""
    output, complaint, status = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, database.environ()),
        redirect_stdout(output),
        redirect_stderr(complaint),
    ):
        try:
            main(arguments)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
            complaint.write(ended.code if isinstance(ended.code, str) else "")
    return Done(status, output.getvalue(), complaint.getvalue())


def told(database: Database, *arguments: str) -> Any:
    done = run(database, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def rows(database: Database, statement: str, *parameters: Any) -> list[Any]:
    with connect_sync(database.settings, "owner") as connection:
        return connection.execute(statement, parameters).fetchall()


def key_file(directory: Path, *keys: dict[str, Any]) -> str:
    path = directory / "jwks.json"
    path.write_text(json.dumps({"keys": keys}))
    return str(path)


def test_registering_twice_is_registering_once(database: Database) -> None:
    first = told(database, "professional", "register", *PHARMACIST)
    assert told(database, "professional", "register", *PHARMACIST) == first
    assert first == {"account_id": first["account_id"], "finess": "750712184", "rpps": "10005173140"}


def test_a_titulaire_spends_his_own_budget(database: Database) -> None:
    account_id = told(database, "professional", "register", *PHARMACIST)["account_id"]
    (row,) = rows(
        database, "select kind, holder_account_id from access.accounts where account_id = %s", account_id
    )
    assert row == ("professional", account_id)


def test_an_invitation_prints_a_link_whose_code_is_stored_as_a_digest_only(database: Database) -> None:
    invited = told(database, "professional", "invite", *PHARMACIST)
    assert invited["link"].startswith(database.settings.portal_url + "/invitation#code=")
    code = invited["link"].partition("#code=")[2]
    assert len(code) == 43
    (row,) = rows(
        database,
        "select account_id, expires_at between now() + interval '6 days 23 hours' and now() + interval '7 days' "
        "from access.invitations where code_digest = %s",
        digest_of(code),
    )
    assert row == (invited["account_id"], True)


def test_the_sentence_of_an_invitation_begins_with_the_link(database: Database) -> None:
    done = run(database, "professional", "invite", *PHARMACIST)
    assert done.stdout.startswith("http")
    assert "sert une fois" in done.stdout


def test_a_place_that_opens_has_presence_asked_for_and_never_for_less_long(database: Database) -> None:
    told(database, "professional", "register", *PHARMACIST)
    first = told(database, "professional", "opening", "750712184", "--days", "40")
    assert told(database, "professional", "opening", "750712184") == first, "thirty days end sooner"
    ((days,),) = rows(
        database,
        "select round(extract(epoch from st.opening_until - now()) / 86400) from gate.account_state as st"
        " join access.organisations as o using (organisation_id) where o.finess = %s limit 1",
        "750712184",
    )
    assert days == 40
    unknown = run(database, "professional", "opening", "690781810")
    assert (unknown.returncode, "place-unknown" in unknown.stderr) == (1, True)


def test_the_list_shows_who_is_struck_off(database: Database) -> None:
    changed = [*PHARMACIST[:1], "10000000025", *PHARMACIST[2:]]
    told(database, "professional", "register", *changed)
    told(database, "professional", "strike-off", "10000000025")
    listed = {one["rpps"]: one for one in told(database, "professional", "list")["professionals"]}
    assert listed["10000000025"]["struck_off_at"] is not None
    again = run(database, "professional", "strike-off", "10000000025")
    assert (again.returncode, "professional-unknown" in again.stderr) == (1, True)
    revived = run(database, "professional", "register", *changed)
    assert (revived.returncode, "professional-already-struck-off" in revived.stderr) == (1, True)


@pytest.mark.parametrize(
    ("place", "wrong", "code"),
    [
        (1, "10005173141", "rpps-key"),
        (3, "750712185", "finess-key"),
        (5, "wizard", "profession-unknown"),
        (5, "optician", "profession-changed"),
    ],
)
def test_a_wrong_registration_is_one_sentence_and_changes_nothing(
    database: Database, place: int, wrong: str, code: str
) -> None:
    told(database, "professional", "register", *PHARMACIST)
    arguments = list(PHARMACIST)
    arguments[place] = wrong
    before = rows(database, "select p::text from access.professionals as p order by 1")
    done = run(database, "professional", "register", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert code in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(database, "select p::text from access.professionals as p order by 1") == before


def test_a_software_is_registered_by_its_public_keys_and_revoked_for_ever(
    database: Database, tmp_path: Path
) -> None:
    jwks = key_file(tmp_path, ECKey.generate_key("P-256").as_dict(private=False))
    command = ("software", "register", "--client-id", "officine", "--name", "Officine", "--jwks", jwks)
    assert told(database, *command) == {"client_id": "officine", "name": "Officine"}
    told(database, *command)
    told(database, "software", "revoke", "officine")
    (listed,) = told(database, "software", "list")["software"]
    assert (listed["client_id"], listed["is_revoked"]) == ("officine", True)
    for again, code in (
        (command, "software-revoked"),
        (("software", "revoke", "officine"), "software-unknown"),
    ):
        done = run(database, *again)
        assert (done.returncode, code in done.stderr) == (1, True)


WRONG_KEYS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "a private key": [ECKey.generate_key("P-256").as_dict(private=True)],
    "a shared secret": [OctKey.generate_key(256).as_dict(private=True)],
    "a weak RSA key": [{"kty": "RSA", "e": "AQAB", "n": "v" * 171}],
    "a point that is none": [{"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}],
    "too many keys": [ECKey.generate_key("P-256").as_dict(private=False)] * 11,
    "one good and one private": [
        RSAKey.generate_key(2048).as_dict(private=False),
        ECKey.generate_key("P-256").as_dict(private=True),
    ],
}


@pytest.mark.parametrize("keys", WRONG_KEYS.values(), ids=WRONG_KEYS.keys())
def test_a_key_file_is_refused_with(database: Database, tmp_path: Path, keys: list[dict[str, Any]]) -> None:
    command = ("software", "register", "--client-id", "careless", "--name", "Careless")
    done = run(database, *command, "--jwks", key_file(tmp_path, *keys))
    assert (done.returncode, "key-set-refused" in done.stderr) == (1, True)
    assert "careless" not in json.dumps(told(database, "software", "list"))


def test_a_key_file_that_is_not_there_is_said(database: Database, tmp_path: Path) -> None:
    command = ("software", "register", "--client-id", "absent", "--name", "Absent")
    done = run(database, *command, "--jwks", str(tmp_path / "none.json"))
    assert (done.returncode, "ne se lit pas" in done.stderr) == (1, True)


def test_a_provider_is_believed_until_it_is_revoked(database: Database) -> None:
    issuer = "https://auth.example/realms/sante"
    told(
        database,
        "provider",
        "register",
        "--issuer",
        issuer,
        "--jwks-uri",
        f"{issuer}/jwks",
        "--because",
        "essai",
    )
    told(database, "provider", "revoke", issuer, "--because", "essai")
    (listed,) = told(database, "provider", "list")["providers"]
    assert (listed["issuer"], listed["is_revoked"], listed["for_tests"]) == (issuer, True, False)


def test_a_provider_without_https_is_refused_beyond_this_machine(database: Database) -> None:
    done = run(
        database,
        "provider",
        "register",
        "--issuer",
        "http://auth.example",
        "--jwks-uri",
        "https://auth.example/jwks",
        "--because",
        "essai",
    )
    assert (done.returncode, "address-refused" in done.stderr) == (1, True)


def test_a_hospital_is_registered_in_its_own_name(database: Database) -> None:
    told_once = told(
        database, "professional", "structure", "--finess", "750000358", "--name", "Hôpital d'essai"
    )
    assert told_once["rpps"] is None
    (row,) = rows(
        database,
        "select kind, display_name from access.accounts where account_id = %s",
        told_once["account_id"],
    )
    assert row == ("structure", "Hôpital d'essai")


def test_a_time_zone_that_does_not_exist_is_refused_and_one_that_was_wrong_is_corrected(
    database: Database,
) -> None:
    shop = [*PHARMACIST[:1], "10000000033", "--finess", "970300018", *PHARMACIST[4:]]
    done = run(database, "professional", "register", *shop, "--timezone", "Mars/Phobos")
    assert (done.returncode, "timezone-unknown" in done.stderr) == (1, True)
    account = told(database, "professional", "register", *shop)["account_id"]

    def zones() -> list[Any]:
        return rows(
            database,
            "select o.timezone, st.timezone from access.organisations as o join gate.account_state as st using (organisation_id)"
            " where st.account_id = %s",
            account,
        )

    assert zones() == [("Europe/Paris", "Europe/Paris")]
    told(database, "professional", "register", *shop, "--timezone", "America/Cayenne")
    assert zones() == [("America/Cayenne", "America/Cayenne")]
    told(database, "professional", "register", *shop)
    assert zones() == [("America/Cayenne", "America/Cayenne")]
