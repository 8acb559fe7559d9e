"""A log tells what happened and where, and nothing of what was typed."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import structlog
from rempart.adapters.logging import configure_logging

configure_logging("fhir")
log = structlog.get_logger()

def read(nir):
    raise ValueError(f"not a number: {nir}")

log.info("question-read", domain="OPTI")
try:
    read("1850578006048")
except ValueError:
    log.exception("question-failed")
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
try:
    import rempart.no_such_module
except ImportError:
    log.exception("face-missing")
logging.getLogger("uvicorn.error").info("not worth a line")
"""


@pytest.fixture(scope="module")
def said() -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(scope="module")
def lines(said: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in said.splitlines()]


def test_each_event_is_a_line_of_json_with_its_process_and_time(lines: list[dict[str, object]]) -> None:
    assert [line["event"] for line in lines] == [
        "question-read",
        "question-failed",
        "Exception in ASGI application",
        "face-missing",
    ]
    assert all(line["process_name"] == "fhir" and "timestamp" in line and "level" in line for line in lines)


def test_an_exception_is_told_by_its_type_and_place_and_never_by_its_words(
    said: str, lines: list[dict[str, object]]
) -> None:
    for line in lines[1:3]:
        assert line["error"] == "ValueError"
        places = line["at"]
        assert isinstance(places, list)
        assert str(places[-1]).endswith("read")
    assert "1850578006048" not in said
    assert "not a number" not in said


def test_a_module_that_is_missing_is_named(lines: list[dict[str, object]]) -> None:
    assert lines[3]["module"] == "rempart.no_such_module"
