"""`rempart insurer channel`, `rempart insurer references` and `rempart standing` as an operator types them."""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from rempart.settings import Settings
from tests.cli.test_register import run, told
from tests.support.database import Database
from tests.support.insurer import Insurer
from tests.support.world import World

AMC = "0990000935"
HOOK = "https://assureur.example/rempart"


@pytest.fixture
def insurer(keyring: Settings, database: Database, world: World, tmp_path: Path) -> Insurer:
    known = world.one("select count(*) from members.insurers where amc_number = %s", AMC)
    insurer = Insurer(database.settings, tmp_path, amc=AMC)
    return insurer if known else insurer.register()


def test_the_operator_sets_a_channel_and_reads_the_key_that_goes_with_it(
    database: Database, insurer: Insurer
) -> None:
    assert told(database, "insurer", "channel", "--amc", AMC)["url"] is None
    facts = told(database, "insurer", "channel", "--amc", AMC, "--url", HOOK, "--because", "essai")
    assert facts["url"] == HOOK
    assert len(b64decode(facts["public_key"].removeprefix("whpk_"))) == 32
    assert told(database, "insurer", "channel", "--amc", AMC, "--close", "--because", "essai")["url"] is None


def test_the_references_go_to_a_file_that_its_owner_alone_reads(
    database: Database, insurer: Insurer, tmp_path: Path
) -> None:
    numbers, out = tmp_path / "numbers.txt", tmp_path / "references.csv"
    out.write_text("older, and open to all")
    out.chmod(0o644)
    numbers.write_text("B-1\n\n B-2\n")
    assert (
        told(database, "insurer", "references", "--amc", AMC, "--numbers", str(numbers), "--out", str(out))[
            "count"
        ]
        == 2
    )
    assert out.read_text() == "".join(
        f"{name};{insurer.reference_of(name).hex()}\n" for name in ("B-1", "B-2")
    )
    assert out.stat().st_mode & 0o777 == 0o600


def test_what_is_planned_is_listed_and_cancelled_and_tightening_waits_for_nothing(
    database: Database, insurer: Insurer
) -> None:
    presence, because = ("insurer", "presence", "--amc", AMC), ("--because", "essai")
    planned = told(database, *presence, "--required", "known-patient", "--since", "2100-01-01", *because)
    assert [row["is_planned"] for row in planned["policies"]] == [True]
    tightened = run(database, *presence, "--required", "card", *because)
    assert tightened.returncode == 0
    assert "La politique prévue pour le 2100-01-01 est retirée." in tightened.stdout
    told(database, *presence, "--required", "card", "--stepped-up", "card", "--since", "2100-01-01", *because)
    listed = run(database, *presence).stdout.splitlines()
    assert (len(listed), "jusqu’au 2099-12-31" in listed[0], "prévu" in listed[0]) == (2, True, False)
    assert listed[1].startswith("prévu à partir du 2100-01-01\u00a0: card")
    cancelled = told(database, *presence, "--cancel", "2100-01-01", *because)
    assert cancelled["taken_back"] == ["2100-01-01"]
    assert [(row["valid_until"], row["is_planned"]) for row in cancelled["policies"]] == [(None, False)]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (
            ("insurer", "channel", "--amc", AMC, "--url", "http://assureur.example/", "--because", "essai"),
            "channel-refused",
        ),
        (
            ("insurer", "channel", "--amc", "0999999999", "--url", HOOK, "--because", "essai"),
            "insurer-unregistered",
        ),
        (("insurer", "channel", "--amc", AMC, "--url", HOOK), "reason-missing"),
        (("insurer", "channel", "--amc", AMC, "--close", "--because", " "), "reason-missing"),
        (
            ("insurer", "presence", "--amc", "0999999999", "--cancel", "2100-01-01", "--because", "essai"),
            "insurer-unregistered",
        ),
        (("insurer", "presence", "--amc", "0999999999"), "insurer-unregistered"),
        (
            ("insurer", "presence", "--amc", AMC, "--cancel", "2024-01-01", "--because", "essai"),
            "policy-not-planned",
        ),
        (
            ("insurer", "presence", "--amc", AMC, "--required", "card", "--since", "2024-01-01"),
            "policy-too-early",
        ),
        (
            ("insurer", "presence", "--amc", AMC, "--required", "card", "--accepts", "known-patient"),
            "policy-refused",
        ),
        (
            ("insurer", "presence", "--amc", "0999999999", "--required", "card", "--because", "essai"),
            "insurer-unregistered",
        ),
        (("standing", "list"), "reference-refused"),
        (("standing", "revoke", "--trace", "0000-0000-000E-14"), "authorisation-unknown"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    database: Database, insurer: Insurer, words: tuple[str, ...], code: str
) -> None:
    done = run(database, *words, "--json")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (1, code)


def test_a_person_without_authorisation_has_none_listed(database: Database, insurer: Insurer) -> None:
    assert told(database, "standing", "list", "--reference", "ab" * 16) == {"authorisations": []}
