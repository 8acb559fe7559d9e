"""`rempart cards` as an insurer types it: what it says, and what it never says."""

import csv
import json
from pathlib import Path

from rempart.feeds.formats.writer import write_member_file
from tests.cli.test_register import run
from tests.support.database import Database
from tests.support.insurer import NOVEMBER
from tests.support.member_rows import family, frame_of


def test_cards_are_made_without_a_platform(database: Database, tmp_path: Path) -> None:
    """Nothing but the file is looked at: no home, no database, no setting."""
    path, out = tmp_path / "members.csv", tmp_path / "cartes"
    write_member_file(path, [frame_of(family())], amc_number="0990000018", effective_on=NOVEMBER)
    done = run(database, "cards", "make", str(path), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"1 carte dans {out}.\n")
    (printed,) = csv.DictReader((out / "print.csv").read_text(encoding="utf-8").splitlines(), delimiter=";")
    assert printed["code"] not in done.stdout + done.stderr
    assert printed["code"][31:-2] not in done.stdout + done.stderr
    facts = json.loads(run(database, "cards", "make", str(path), "--out", str(out), "--json").stdout)
    assert (facts["verdict"], facts["code"]) == ("refused", "cards-folder-taken")
    path.write_bytes(path.read_bytes()[:-9])
    broken = run(database, "cards", "make", str(path), "--out", str(tmp_path / "autre"), "--again")
    assert broken.returncode == 1
    assert "member-file-truncated" in broken.stderr
    assert "fichier" in broken.stderr
