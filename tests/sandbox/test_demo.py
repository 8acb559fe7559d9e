"""The two commands of the README: the demonstration tells its story, keeps serving, and stops when told to."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.house.source import ROOT
from tests.support.platform import is_free

TRACE = re.compile(r"\[[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-\d\d\]")
READY_TIMEOUT_S = 90
STOP_TIMEOUT_S = 30


@dataclass(frozen=True)
class Demo:
    """A demonstration that told its story and goes on serving."""

    process: subprocess.Popen[str]
    home: Path
    port: int
    told: str


def _environ(home: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "REMPART_ENVIRONMENT": "sandbox",
        "REMPART_HOME": str(home),
        "REMPART_PORT": str(port),
        "REMPART_DATABASE_URL": "",
    }


def _free_port() -> int:
    return next(
        port for port in range(18_910, 18_990, 10) if all(is_free(port + offset) for offset in (0, 1, 2, 9))
    )


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with TemporaryDirectory(prefix="rempart-demo-", ignore_cleanup_errors=True) as folder:
        home, port = Path(folder) / "var", _free_port()
        with subprocess.Popen(
            # a test runner in the background ignores Ctrl-C, and its children would too
            ["env", "--default-signal=INT", Path(sys.executable).with_name("rempart"), "demo"],
            env=_environ(home, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield Demo(process, home, port, _read_story(process))
            finally:
                if process.poll() is None:
                    process.terminate()


def _read_story(process: subprocess.Popen[str]) -> str:
    """Read until the last line of the story; the test's own timeout is the limit."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("the demonstration ended before its story did:\n" + "".join(lines))


@pytest.mark.timeout(READY_TIMEOUT_S)
def test_the_story_is_told_to_its_end_and_each_answer_has_its_trace(demo: Demo) -> None:
    assert "20000 personnes inventées, en 12 fichiers" in demo.told
    answers = [line for line in demo.told.splitlines() if TRACE.search(line)]
    assert len(answers) == 13
    assert len({match[0] for match in map(TRACE.search, answers) if match}) == 13, (
        "each answer has its own number"
    )
    assert {"pharmacist", "optician"} <= {person["profession"] for person in _written(demo)["professionals"]}


def _written(demo: Demo) -> dict[str, object]:
    return json.loads((demo.home / "demo.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_any_client_can_be_pointed_at_it(demo: Demo) -> None:
    written = _written(demo)
    assert written["fhir_url"] == f"http://localhost:{demo.port}/fhir"
    assert written["portal_url"] == f"http://localhost:{demo.port + 2}"
    for name in (
        "token_endpoint",
        "software",
        "professionals",
        "people",
        "insurers",
        "test_identity_provider",
    ):
        assert written[name], name
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "guides" / "first_answer.py", "Alice"],
        env=_environ(demo.home, demo.port),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    question, _, answer = done.stdout.partition("4. HTTP 200")
    assert "285057800699008" in question
    content = json.loads(answer)
    assert content["resourceType"] == "CoverageEligibilityResponse"
    assert content["disposition"].startswith("Droits ouverts jusqu’au")
    for given in ("285057800699008", "1985-05-12", "0999000019", "Martin", "Alice"):
        assert given not in answer, "the answer repeats what was asked"


def test_a_second_demonstration_does_not_touch_the_first(demo: Demo) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("rempart"), "demo", "--once"],
        env=_environ(demo.home, demo.port),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "runs already" in done.stderr
    assert demo.process.poll() is None


def test_it_stops_when_told_to_and_leaves_no_process(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(STOP_TIMEOUT_S) == 0
    assert all(is_free(demo.port + offset) for offset in (0, 1, 2, 9))
    assert (
        str(demo.home)
        not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    )


def test_it_refuses_to_run_anywhere_but_in_a_sandbox(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("rempart"), "demo", "--once"],
        env={**_environ(tmp_path, 18_990), "REMPART_ENVIRONMENT": "production"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "REMPART_ENVIRONMENT=sandbox" in done.stderr
    assert list(tmp_path.iterdir()) == []
