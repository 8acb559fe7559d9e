"""A demonstration that was killed, that goes wrong, that an ordinary user runs: what is left, and what is said."""

import json
import shutil
import signal
import sys
from collections.abc import Iterator

import psutil
import pytest

from rempart.adapters import postgres_embedded
from tests.sandbox.demo_runs import (
    COMMAND,
    Home,
    as_ordinary_user,
    begin,
    everything_under,
    new_home,
    read_until,
)
from tests.support.programs import missing

WITH_A_WRONG_EXPECTATION = """
import sys
from dataclasses import replace
from rempart.cli import main
from rempart.domain.rights import Outcome
from rempart.sandbox.story import day as story

first, *others = story.AT_THE_PHARMACY
story.AT_THE_PHARMACY = (first, replace(others[0], expected=Outcome.SUSPENDED), *others[1:])
main(["demo", "--once"])
"""


@pytest.fixture(scope="module")
def killed() -> Iterator[Home]:
    """Give the home of a demonstration that was killed while it loaded its people, with no time to say goodbye."""
    with new_home() as home, begin(home) as process:
        read_until(process, "personnes inventées")
        started = everything_under(process)
        assert len(started) >= 7
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        _, alive = psutil.wait_procs(started, timeout=30)
        for one in alive:
            one.kill()
        assert alive == [], "the others do not outlive the command that started them"
        yield home


def test_after_a_kill_it_begins_again_and_an_answer_that_differs_is_a_failure(killed: Home) -> None:
    done = killed.run(sys.executable, "-c", WITH_A_WRONG_EXPECTATION)
    assert done.returncode == 1
    assert "Alice vient chercher son traitement." in done.stdout, "the story was told as far as it was right"
    assert "Basile\u00a0: HTTP 200 suspended était attendu, la réponse est HTTP 200 open" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (killed.path / "demo.json").exists()
    assert killed.is_quiet()


def test_a_database_left_running_by_nobody_is_stopped_and_begun_again(killed: Home) -> None:
    postgres_embedded.start(killed.settings)
    mark = killed.path / "demo" / "database"
    number = mark.read_text()
    mark.write_text("0" * 16)
    done = killed.run()
    assert done.returncode == 1
    assert "n’est pas celle qu’une démonstration y a faite" in done.stderr
    assert killed.is_quiet(), "nobody held it"
    mark.write_text(number)


def test_a_platform_that_is_no_demonstration_is_left_alone(killed: Home) -> None:
    marked = killed.path / "demo"
    shutil.move(marked, killed.path / "elsewhere")
    try:
        done = killed.run()
        assert done.returncode == 1
        assert "contient une plateforme qui n’est pas une démonstration" in done.stderr
        assert (killed.path / "postgres" / "PG_VERSION").exists()
    finally:
        shutil.move(killed.path / "elsewhere", marked)


def test_ctrl_c_in_the_middle_stops_everything() -> None:
    with new_home() as home, begin(home) as process:
        read_until(process, "La plateforme répond")
        started = everything_under(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130, "a story that was not told to its end is no success"
        _, alive = psutil.wait_procs(started, timeout=5)
        assert alive == []
        assert home.is_quiet()


def test_an_ordinary_user_sees_the_whole_story_and_json_is_one_line() -> None:
    with new_home() as home:
        command = as_ordinary_user(home, *COMMAND, "--once", "--json")
        if command is None:
            missing("setpriv", "apt-get install util-linux")
        assert command is not None
        done = home.run(*command)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 1
        told = json.loads(done.stdout)
        assert told["answers"] == 18
        assert told["seconds"] < 90
        assert told["demo"] == str(home.path / "demo.json")
        assert home.is_quiet()
