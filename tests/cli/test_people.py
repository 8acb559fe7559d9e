"""`rempart people generate` as one types it: what it says, what it answers, what an interruption leaves."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rempart.cli.people import app

COMMAND = [sys.executable, "-c", "from rempart.cli.people import app; app()", "generate"]
SMALL = ["--count", "500", "--insurers", "3", "--seed", "4"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_it_says_what_it_made(tmp_path: Path) -> None:
    done = run(*SMALL, "--out", tmp_path)

    assert done.returncode == 0
    assert done.stdout.startswith("0990000010")
    assert "\n500 personnes, " in done.stdout
    assert len(list(tmp_path.glob("*.csv"))) == len(list(tmp_path.glob("*.csv.manifest.json"))) == 3


def test_it_answers_a_program_with_json_alone(tmp_path: Path) -> None:
    done = run(*SMALL, "--out", tmp_path, "--format", "parquet", "--json")
    answer = json.loads(done.stdout)

    assert done.stderr == ""
    assert answer["people"] == 500
    assert [insurer["file"] for insurer in answer["insurers"]] == sorted(
        file.name for file in tmp_path.glob("*.parquet")
    )
    assert answer["insurers"] == json.loads((tmp_path / "insurers.json").read_bytes())


def test_another_day_gives_other_files(tmp_path: Path) -> None:
    run(*SMALL, "--out", tmp_path, "--effective-on", "2027-02-01")
    manifest = json.loads(next(tmp_path.glob("*.manifest.json")).read_bytes())

    assert manifest["effective_on"] == "2027-02-01"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--insurers", "501"],
        ["--insurers", "0"],
        ["--seed", "-1"],
        ["--format", "xml"],
        ["--effective-on", "hier"],
        ["--cards", "-1"],
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        app(["generate", *SMALL, "--out", str(tmp_path / "out"), *wrong])

    assert caught.value.code != 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption_leaves_no_file_that_looks_whole(
    tmp_path: Path, file_format: str, sent: signal.Signals
) -> None:
    arguments = [
        "--count",
        "2000000",
        "--insurers",
        "2",
        "--seed",
        "1",
        "--out",
        tmp_path,
        "--format",
        file_format,
    ]
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True) as running:
        while not list(tmp_path.glob("*.partial")):
            time.sleep(0.01)
        time.sleep(0.2)
        running.send_signal(sent)
        _, said = running.communicate(timeout=30)

    assert running.returncode != 0
    assert "Traceback" not in said
    assert not list(tmp_path.glob("*.manifest.json"))
    assert not (tmp_path / "insurers.json").exists()
    if sent == signal.SIGINT:
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
        assert "interrompu" in said
