"""A load that root started: the file is read by `rempart-feeds`, wherever it lies, and whatever is killed leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pwd import getpwnam

import pytest

from rempart.feeds.rejects import rejects_path
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.database import Database, environ_for
from tests.support.insurer import DECEMBER, Insurer, forget_insurers
from tests.support.member_rows import family, nadia

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a load a user of its own")

REMPART = "import sys; from rempart.cli import app; app(sys.argv[1:])"
PATIENCE_S = 30.0
WAITING = (
    "select pid from pg_stat_activity where usename = 'rempart_feeds' and wait_event_type = 'Lock'"
    " and datname = current_database()"
)


@pytest.fixture
def insurer(database: Database, keyring: Settings, tmp_path: Path) -> Insurer:
    """Register an insurer whose files lie where only root may look."""
    assert keyring.sockets == database.settings.sockets
    forget_insurers(database.settings)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return Insurer(database.settings, closed).register()


def command(insurer: Insurer, path: Path) -> list[str]:
    """Say the command that takes a file."""
    path.chmod(0o600)
    return [sys.executable, "-c", REMPART, "feed", "load", str(path), "--insurer", insurer.amc, "--json"]


def load(insurer: Insurer, path: Path) -> tuple[int, dict[str, object]]:
    """Take a file as root types it; give the exit status and what was told."""
    done = subprocess.run(
        command(insurer, path), env=environ_for(insurer.settings), capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


@contextmanager
def held_up(insurer: Insurer, path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Have a load wait at its first statement for a lock of ours; give the command and the process that reads the file."""
    with connect_sync(insurer.settings, "owner") as owner:
        owner.execute("begin")
        owner.execute("select from members.insurers for update")
        with subprocess.Popen(
            command(insurer, path),
            env=environ_for(insurer.settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as started:
            try:
                wait_until(lambda: insurer.ask(WAITING))
                yield started, reader_of(started.pid)
            finally:
                owner.execute("rollback")
                started.communicate(timeout=PATIENCE_S)


def wait_until(happens: object) -> None:
    """Wait for what has to come."""
    ends_at = time.monotonic() + PATIENCE_S
    while not happens():  # type: ignore[operator]
        assert time.monotonic() < ends_at, "it did not come"
        time.sleep(0.01)


def reader_of(command_id: int) -> int:
    """Find the process that the command started to read the file."""
    tasks = Path(f"/proc/{command_id}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    (reader,) = (
        child
        for child in children
        if b"rempart.cli.feed.process" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    return reader


def facts_of(process_id: int) -> dict[str, str]:
    """Read what the kernel says of a process."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return {name: told.strip() for name, _, told in (line.partition(":") for line in lines)}


def test_who_reads_the_file_is_the_user_of_the_feed_for_good(insurer: Insurer) -> None:
    with held_up(insurer, insurer.write(family())) as (_, reader):
        facts = facts_of(reader)
        user = getpwnam("rempart-feeds")
        assert facts["Uid"].split() == [str(user.pw_uid)] * 4
        assert facts["Gid"].split() == [str(user.pw_gid)] * 4
        assert "0" not in facts["Groups"].split()
        assert (facts["CapPrm"], facts["NoNewPrivs"]) == ("0" * 16, "1")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_that_only_root_may_read_is_taken_and_its_report_is_next_to_it(
    insurer: Insurer, suffix: str
) -> None:
    path = insurer.write([*family(), nadia(beneficiary_id="P-9", sex="?")], suffix=suffix)
    status, told = load(insurer, path)
    report = rejects_path(path)
    assert (status, told["verdict"], told["refused_lines"], told["rejects"]) == (3, "taken", 1, str(report))
    assert report.read_text(encoding="utf-8").splitlines()[1].startswith("8;sex;value-not-listed;")
    assert insurer.snapshot()["insurers"] == [(insurer.amc, 6, 6, False)]
    assert sorted(file.name for file in path.parent.iterdir()) == sorted(
        [path.name, f"{path.name}.manifest.json", report.name]
    )


@pytest.mark.parametrize(
    ("breakage", "code"),
    [
        (lambda path: path.unlink(), "member-file-missing"),
        (lambda path: path.with_name(path.name + ".manifest.json").unlink(), "manifest-missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "member-file-truncated"),
        (
            lambda path: path.write_bytes(path.read_bytes().replace(b"Nadia", b"Nad\xe9a")),
            "member-file-encoding",
        ),
        (lambda path: path.rename(path.with_suffix(".xlsx")), None),
    ],
)
def test_what_is_refused_is_told_with_its_code_and_place(
    insurer: Insurer, breakage: object, code: str | None
) -> None:
    path = insurer.write(family())
    argument = command(insurer, path)
    breakage(path)  # type: ignore[operator]
    if code is None:
        argument[argument.index(str(path))] = str(path.with_suffix(".xlsx"))
    done = subprocess.run(
        argument, env=environ_for(insurer.settings), capture_output=True, text=True, check=False
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"]) == (1, "refused"), done.stderr
    assert told["code"] == (code or "member-file-extension")
    assert told["place"]


def test_a_file_without_one_good_line_leaves_its_report(insurer: Insurer) -> None:
    path = insurer.write([{**row, "sex": "?"} for row in family()])
    status, told = load(insurer, path)
    assert (status, told["code"]) == (1, "member-file-no-good-line")
    assert len(rejects_path(path).read_text(encoding="utf-8").splitlines()) == 1 + len(family())


def test_a_reader_that_is_killed_is_an_outage_and_the_same_command_goes_on(insurer: Insurer) -> None:
    path = insurer.write(family())
    before = insurer.snapshot()
    with held_up(insurer, path) as (started, reader):
        os.kill(reader, signal.SIGKILL)
        output, _ = started.communicate(timeout=PATIENCE_S)
        assert (started.returncode, json.loads(output)["code"]) == (5, "load-interrupted")
    assert insurer.snapshot() == before
    assert not list(path.parent.glob("*.partial*"))
    assert load(insurer, path)[0] == 0


def test_a_command_that_is_killed_takes_its_reader_with_it(insurer: Insurer) -> None:
    path = insurer.write(family())
    before = insurer.snapshot()
    with held_up(insurer, path) as (started, reader):
        started.kill()
        wait_until(lambda: not Path(f"/proc/{reader}").exists() or facts_of(reader)["State"].startswith("Z"))
    assert insurer.snapshot() == before
    assert load(insurer, path)[0] == 0
    assert not list(path.parent.glob("*.partial*"))


def test_two_loads_of_one_file_take_turns_at_its_report(insurer: Insurer) -> None:
    path = insurer.write(family())
    with held_up(insurer, path):
        status, told = load(insurer, path)
        assert (status, told["code"]) == (5, "load-under-way")
    assert insurer.snapshot()["insurers"] == [(insurer.amc, 6, 6, False)]


def test_no_other_file_is_written_through_a_report_planted_by_somebody_else(
    insurer: Insurer, tmp_path: Path
) -> None:
    path = insurer.write([*family(), nadia(beneficiary_id="P-9", sex="?")], effective_on=DECEMBER)
    target = tmp_path / "target"
    target.write_text("kept")
    planted = path.with_name(path.name + ".rejects.csv.partial")
    planted.symlink_to(target)
    status, told = load(insurer, path)
    assert (status, told["code"]) == (5, "report-unwritable")
    planted.unlink()
    planted.hardlink_to(target)
    assert load(insurer, path)[0] == 5
    assert target.read_text() == "kept"
    assert insurer.snapshot()["people"] == []
