"""Every command that refuses says it to programs too: with `--json`, one line with the verdict."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

import pytest
from cyclopts import App

from rempart.cli import app, main
from tests.cli.test_register import PHARMACIST, run
from tests.support.database import Database

WORDS: dict[str, list[str]] = {
    "containment start": ["platform", "--because", "essai"],
    "containment list": [],
    "containment release": ["7", "--because", "essai"],
    "database init": [],
    "database start": [],
    "database stop": [],
    "database status": [],
    "demo": [],
    "detectors list": [],
    "detectors export": ["jours.csv", "--since", "2026-01-01", "--until", "2026-02-01"],
    "detectors fit": ["/dev/null"],
    "detectors change": ["regles.json", "--valid-from", "2030-01-01", "--because", "essai"],
    "operator invite": ["--name", "Nadia", "--role", "security"],
    "operator list": [],
    "operator begin-again": ["--name", "Nadia", "--role", "security", "--because", "départs"],
    "operator dismiss": ["7"],
    "cards make": ["1.csv", "--out", "cartes"],
    "canary plant": ["--insurer", "0312345678", "--in", "la liste", "--count", "1", "--out", "leurres.csv"],
    "canary list": [],
    "canary retire": ["7", "--because", "essai"],
    "feed load": ["1.csv", "--insurer", "0312345678"],
    "feed approve": ["7"],
    "feed list": [],
    "insurer register": ["--amc", "0312345678", "--name", "Mutuelle"],
    "insurer list": [],
    "jobs list": [],
    "jobs retry": ["7"],
    "insurer presence": ["--amc", "0312345678"],
    "insurer channel": ["--amc", "0312345678"],
    "insurer references": ["--amc", "0312345678", "--numbers", "1.csv", "--out", "2.csv"],
    "standing list": ["--trace", "0000-0001-2K4X-38"],
    "standing revoke": ["--trace", "0000-0001-2K4X-38"],
    "keyring create": ["0312345678"],
    "keyring names": [],
    "people generate": ["--count", "1", "--insurers", "2", "--seed", "1", "--out", "/nonexistent"],
    "professional register": PHARMACIST,
    "professional invite": PHARMACIST,
    "professional structure": ["--finess", "750712184", "--name", "Hôpital"],
    "professional list": [],
    "professional opening": ["1"],
    "professional strike-off": ["1"],
    "proposal list": [],
    "proposal withdraw": ["7"],
    "provider register": [
        *("--issuer", "https://idp.example", "--jwks-uri", "https://idp.example/keys", "--because", "essai")
    ],
    "provider list": [],
    "provider revoke": ["1", "--because", "essai"],
    "status publish": ["Le comptoir répond."],
    "status list": [],
    "status end": ["7"],
    "register load": ["annuaire.txt"],
    "register approve": ["7"],
    "register list": [],
    "software register": ["--client-id", "logiciel", "--name", "Logiciel", "--jwks", "/dev/null"],
    "software list": [],
    "software revoke": ["logiciel"],
}
"""By command, words that it understands."""

NOT_HERE = {"serve", "database shell", "drill run"}
"""One becomes another program, tried below; one hands over to psql; one makes a platform of its own, on ports of its own."""

BEFORE_SETTINGS = {"generation-impossible", "detector-file-unreadable", "member-file-missing"}
"""Refusals of what was typed, which come before the settings are read."""

REFUSED = {"verdict", "code", "place", "sentence", "next_step"}


def commands_of(group: App, *path: str) -> Iterator[str]:
    """Walk through the commands."""
    for name in group:
        command = group[name]
        if not name.startswith("-"):
            yield from [" ".join((*path, name))] if command.default_command else commands_of(command, name)


def test_every_command_is_tried_here() -> None:
    assert set(commands_of(app)) == {*WORDS} | NOT_HERE


@pytest.mark.parametrize("command", WORDS)
def test_a_refusal_is_one_line_of_json(command: str) -> None:
    output, complaint = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {"REMPART_PORT": "zero"}),
        redirect_stdout(output),
        redirect_stderr(complaint),
        pytest.raises(SystemExit) as ended,
    ):
        main([*command.split(), *WORDS[command], "--json"])
    assert complaint.getvalue() == ""
    facts = json.loads(output.getvalue())
    assert facts.keys() == REFUSED
    assert facts["verdict"] == "refused"
    assert "REMPART_PORT" in facts["sentence"] or facts["code"] in BEFORE_SETTINGS
    assert str(ended.value.code).startswith(
        f"rempart: {facts['sentence']}"
    )  # the interpreter writes it as it ends


def test_what_cannot_be_served_is_said_in_json() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rempart.cli", "serve", "--json"],
        env={**os.environ, "REMPART_PORT": "zero"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["verdict"]) == (1, "refused")
    assert done.stderr == f"rempart serve: {facts['sentence']}\n"


def test_a_refusal_has_its_code_and_the_words_that_people_read(database: Database) -> None:
    done = run(database, "containment", "release", "4242", "--because", "essai", "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["code"]) == (1, "nothing-to-release")
    assert done.stderr == f"rempart: {facts['sentence']} {facts['next_step']} (nothing-to-release)"
