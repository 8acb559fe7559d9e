"""What sets the house up says what is missing, and CI never takes a test that could not run for one that passed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.source import ROOT

BASH = shutil.which("bash") or "/bin/bash"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Make a PATH on which there is neither a browser nor a package manager."""
    for program in ("bash", "cat", "env", "find", "id"):
        (tmp_path / program).symlink_to(shutil.which(program) or program)
    return tmp_path


def _run(script: str, path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, str(ROOT / "tooling" / script), *arguments],
        env={"PATH": str(path), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_browser_is_said_loudly(bare_path: Path) -> None:
    told = _run("test_programs.sh", bare_path)
    assert told.returncode == 0
    assert "NOT EVERYTHING WILL BE TESTED" in told.stderr
    assert "chromium" in told.stderr


def test_a_missing_browser_is_a_failure_in_ci(bare_path: Path) -> None:
    assert _run("test_programs.sh", bare_path, CI="true").returncode == 1


def test_nothing_is_said_where_nothing_is_missing(bare_path: Path) -> None:
    if not any(Path("/usr/lib").rglob("libsofthsm2.so")):
        pytest.skip("SoftHSM is not here, so something is missing")
    for program in ("chromium", "git"):
        (bare_path / program).symlink_to(shutil.which("true") or "/bin/true")
    told = _run("test_programs.sh", bare_path, CI="true")
    assert (told.returncode, told.stderr) == (0, "")


def test_a_missing_python_is_said_with_its_remedy(bare_path: Path) -> None:
    told = _run("make_venv.sh", bare_path, "python3.11", str(bare_path / "venv"))
    assert told.returncode == 1
    assert "apt-get install python3" in told.stderr


def test_an_old_python_is_refused(bare_path: Path) -> None:
    old = bare_path / "python3.9"
    old.write_text('#!/usr/bin/env bash\n[ "$1" = -V ] && echo "Python 3.9.2" || exit 1\n', encoding="utf-8")
    old.chmod(0o755)
    told = _run("make_venv.sh", bare_path, "python3.9", str(bare_path / "venv"))
    assert told.returncode == 1
    assert "is Python 3.9.2" in told.stderr


def test_ci_runs_what_the_readme_says() -> None:
    steps = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in steps
    assert [line for line in steps.splitlines() if line.startswith("make ")] == [
        "make check",
        "make demo ONCE=1",
        "make test",  # last, so that what it prints at the end is pytest's own account
    ]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
