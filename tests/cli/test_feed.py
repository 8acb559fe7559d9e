"""`rempart insurer` and `rempart feed` as an operator types them: what they say, and their exit status."""

import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pytest

from rempart.cli import main
from rempart.cli.feed.words import WORDS
from rempart.feeds.formats.writer import write_member_file
from rempart.settings import Settings
from tests.support.database import Database
from tests.support.member_rows import NADIA_NIR, Row, family, frame_of, nadia

AMC = "0990000018"


class Done(NamedTuple):
    """What a command left: its exit status and what it wrote."""

    status: int
    output: str
    complaint: str


class Desk:
    """An operator's terminal, where an insurer is registered."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.directory = directory
        self.previous: str | None = None

    def type(self, *words: str) -> Done:
        """Run a command in this process."""
        output, complaint, status = io.StringIO(), io.StringIO(), 0
        with (
            mock.patch.dict(os.environ, self.database.environ()),
            redirect_stdout(output),
            redirect_stderr(complaint),
        ):
            try:
                main(words)
            except SystemExit as ended:
                if isinstance(ended.code, str):  # what the interpreter would say at its end
                    complaint.write(ended.code)
                status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return Done(status, output.getvalue(), complaint.getvalue())

    def told(self, *words: str) -> Any:
        """Run a command and read its one line of JSON."""
        return json.loads(self.type(*words, "--json").output)

    def file(self, rows: list[Row], sequence: int = 1) -> str:
        """Write a file that follows the last."""
        path = self.directory / f"{sequence}.csv"
        manifest = write_member_file(
            path, [frame_of(rows)], amc_number=AMC, effective_on=date(2026, 12, 1), sequence=sequence,
            previous_sha256=self.previous,
        )  # fmt: skip
        self.previous = manifest.sha256
        return str(path)


@pytest.fixture
def desk(fresh_database: Database, keyring: Settings, tmp_path: Path) -> Desk:
    assert keyring.sockets == fresh_database.settings.sockets
    desk = Desk(fresh_database, tmp_path)
    assert (
        desk.type("insurer", "register", "--amc", "990000018", "--name", "Mutuelle des Tilleuls").status == 0
    )
    return desk


def test_an_insurer_is_registered_once(desk: Desk) -> None:
    (registered,) = desk.told("insurer", "list")["insurers"]
    assert (registered["amc_number"], registered["name"], registered["data_as_of"]) == (
        AMC,
        "Mutuelle des Tilleuls",
        None,
    )
    again = desk.type("insurer", "register", "--amc", AMC, "--name", "Une autre")
    assert (again.status, "insurer-known" in again.complaint) == (1, True)


def test_a_file_is_taken_and_then_recognised(desk: Desk) -> None:
    file = desk.file(family())
    taken = desk.type("feed", "load", file, "--insurer", AMC)
    assert taken.status == 0
    assert taken.output.startswith("Fichier pris\u00a0: 6 lignes en ")
    again = desk.type("feed", "load", file, "--insurer", AMC)
    assert (again.status, again.output) == (0, "Ce fichier avait déjà été pris\u202f; rien n’a changé.\n")
    (listed,) = desk.told("feed", "list")["files"]
    assert (listed["state"], listed["row_count"], listed["name"]) == ("taken", 6, "1.csv")


def test_progress_is_a_plain_line_where_there_is_no_terminal(desk: Desk) -> None:
    done = desk.type("feed", "load", desk.file(family()), "--insurer", AMC)
    assert done.complaint.startswith("6 lignes lues sur 6, ")
    assert "\x1b" not in done.complaint


def test_bad_lines_have_an_exit_status_and_a_report(desk: Desk) -> None:
    file = desk.file([*family(), nadia(beneficiary_id="P-7", birth_rank="5", nir="284119935000153")])
    done = desk.type("feed", "load", file, "--insurer", AMC)
    assert done.status == 3
    assert done.output.startswith("Lignes refusées\u00a0: 1. ")
    assert f"{file}.rejects.csv" in done.output.splitlines()[0]
    assert "nir-key" in Path(f"{file}.rejects.csv").read_text(encoding="utf-8")


def test_the_report_may_be_in_english(desk: Desk) -> None:
    file = desk.file([*family(), nadia(beneficiary_id="P-7", birth_rank="5", sex="X")])
    done = desk.type("feed", "load", file, "--insurer", AMC, "--language", "en")
    assert "Taken: 7 rows in " in done.output
    assert (
        Path(f"{file}.rejects.csv")
        .read_text(encoding="utf-8")
        .startswith("line;column;reason;what is wrong;what to do\n")
    )


def test_a_refused_file_says_why_and_what_to_do(desk: Desk) -> None:
    file = desk.file(family())
    Path(file).write_bytes(Path(file).read_bytes()[:-50])
    done = desk.type("feed", "load", file, "--insurer", AMC)
    assert done.status == 1
    assert "member-file-truncated" in done.complaint
    told = desk.told("feed", "load", file, "--insurer", AMC)
    assert told["verdict"] == "refused"
    assert told["next_step"]
    assert NADIA_NIR[:13] not in done.complaint + done.output


def test_both_languages_say_the_same_things_with_the_same_parts() -> None:
    french, english = WORDS["fr"], WORDS["en"]
    assert list(french) == list(english)
    for key in french:
        assert set(re.findall(r"{(\w+)", french[key])) == set(re.findall(r"{(\w+)", english[key])), key


def test_a_refusal_is_said_in_the_language_that_was_asked_for(desk: Desk) -> None:
    file = desk.file(family())
    Path(file).write_bytes(Path(file).read_bytes()[:-50])
    french = desk.type("feed", "load", file, "--insurer", AMC).complaint
    english = desk.type("feed", "load", file, "--insurer", AMC, "--language", "en").complaint
    assert "La fin du fichier manque." in french
    assert "member-file-truncated, ligne 7)" in french
    assert "The end of the file is missing." in english
    assert "member-file-truncated, line 7)" in english


def test_a_wrong_amc_number_is_refused(desk: Desk) -> None:
    assert desk.type("feed", "load", desk.file(family()), "--insurer", "12").status == 1


def test_a_file_that_waits_is_let_in_by_somebody_else(desk: Desk) -> None:
    desk.type("feed", "load", desk.file(family()), "--insurer", AMC, "--by", "nadia")
    half = desk.file(family()[:3], sequence=2)
    waiting = desk.type("feed", "load", half, "--insurer", AMC, "--by", "nadia")
    assert waiting.status == 4
    assert "fermés 2" in waiting.output
    assert "rempart feed approve 2" in waiting.output
    assert "30/11/2026" in waiting.output
    assert desk.type("feed", "approve", "2", "--by", "nadia").status == 1
    approved = desk.type("feed", "approve", "2", "--by", "camille")
    assert (approved.status, "Chargez-le de nouveau" in approved.output) == (0, True)
    assert desk.type("feed", "load", half, "--insurer", AMC, "--by", "nadia").status == 0
    (known,) = desk.told("insurer", "list")["insurers"]
    assert known["people_count"] == 6


def test_a_command_that_cannot_be_understood_changes_nothing(desk: Desk) -> None:
    assert desk.type("feed", "load", desk.file(family())).status != 0
    assert desk.told("feed", "list") == {"files": []}
