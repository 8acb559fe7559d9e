"""The two commands of the README: the demonstration tells its story, keeps serving, and stops when told to."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.house.source import ROOT
from tests.sandbox.demo_runs import COMMAND, Home, begin, everything_under, new_home, read_until
from tests.sandbox.test_reference import GUIDE, PAGE, client_of

TRACE = re.compile(r"\[[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-\d\d\]")
READY_TIMEOUT_S = 90
STOP_TIMEOUT_S = 30
MEMBER = re.compile(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", re.MULTILINE)


@dataclass(frozen=True)
class Demo:
    """A demonstration that told its story and goes on serving."""

    process: "subprocess.Popen[str]"
    home: Home
    told: str

    @property
    def written(self) -> dict[str, Any]:
        """What it wrote for its clients."""
        return dict(json.loads((self.home.path / "demo.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with new_home() as home, begin(home) as process:
        try:
            yield Demo(process, home, read_until(process, "Ctrl-C"))
        finally:
            if process.poll() is None:
                process.terminate()


@pytest.mark.timeout(READY_TIMEOUT_S)
def test_the_story_is_told_to_its_end_and_each_answer_has_its_trace(demo: Demo) -> None:
    assert "20\u202f000 personnes inventées, en 12 fichiers" in demo.told
    answers = [line for line in demo.told.splitlines() if TRACE.search(line)]
    assert len(answers) == 18
    assert f"{len(answers)} réponses, chacune avec son reçu" in demo.told
    traces = {match[0] for match in map(TRACE.search, answers) if match}
    assert len(traces) == len(answers), "each answer has its own number"
    assert answers[-1].strip().startswith("→ Ce compte est gelé")


def test_no_number_of_a_person_is_printed(demo: Demo) -> None:
    said = re.sub(r"\s", "", demo.told)
    assert not [person["given_names"] for person in demo.written["people"] if person["nir"] in said]


def test_a_line_holds_in_a_terminal_and_is_french(demo: Demo) -> None:
    lines = [line for line in demo.told.splitlines() if "http" not in line]
    assert [line for line in lines if len(line) > 120 and TRACE.search(line) is None] == []
    lines = [
        line for line in lines if not line.startswith("  →")
    ]  # the platform's words, tested with the faces
    assert [
        line for line in lines if re.search(r"[^\u00a0\u202f ][;:!?](\s|$)|« | »| [;:!?](\s|$)", line)
    ] == []


def test_it_writes_what_the_page_documents_for_its_owner_alone(demo: Demo) -> None:
    path = demo.home.path / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for software in ("software", "other_software", "revoked_software"):
        key = Path(demo.written[software]["private_key_file"])
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    table = PAGE.read_text(encoding="utf-8").partition("| member | what |")[2].partition("\n\n")[0]
    documented = [name for names in MEMBER.findall(table) for name in re.findall(r"`([a-z_]+)`", names)]
    assert sorted(documented) == sorted(demo.written)
    for person in demo.written["people"]:
        assert {"amc_number", "nir", "birth_date", "birth_rank", "aliases", "card_secret"} <= set(person)
    assert len(demo.written["people"]) == 28 + 12 * 60


@pytest.mark.parametrize(
    ("given_name", "sentence"),
    [
        ("Alice", "Droits ouverts jusqu’au"),
        ("Jules", "Droits non confirmés."),
        ("Théo", "Droits non confirmés."),
    ],
)
def test_a_stranger_with_the_guides_client_and_demo_json_alone_is_answered(
    demo: Demo, tmp_path: Path, given_name: str, sentence: str
) -> None:
    client = tmp_path / "client.py"
    client.write_text(client_of(GUIDE), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", client, given_name],
        env={"PATH": os.environ["PATH"], "REMPART_HOME": str(demo.home.path), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
    )
    person = next(one for one in demo.written["people"] if one["given_names"] == given_name)
    question, _, answer = done.stdout.partition("4. HTTP 200")
    assert person["nir"] in question
    assert json.loads(answer)["disposition"].startswith(sentence)
    for given in (
        person["nir"],
        person["birth_date"],
        person["amc_number"],
        person["birth_name"],
        given_name,
    ):
        assert given not in answer, "the answer repeats what was asked"


def test_the_guide_is_right_about_a_birth_date_of_no_calendar(demo: Demo) -> None:
    done = demo.home.run(sys.executable, str(ROOT / "docs" / "guides" / "first_answer.py"), "Émir")
    assert "`element-format-wrong`" in GUIDE.read_text(encoding="utf-8")
    assert "element-format-wrong" in done.stdout


def test_the_invitations_that_it_prints_are_good(demo: Demo) -> None:
    from rempart.sandbox.browser import Browser  # noqa: PLC0415 (the other tests of this file know nothing of Rempart)

    invitations = {one["name"]: one["link"] for one in demo.written["invitations"]}
    assert set(invitations) == {"Claire Fontaine", "Sami Haddad", "Manon Rey"}
    for name, link in invitations.items():
        assert f"{link}\n" in demo.told
        browser = Browser(demo.written["portal_url"], demo.written["identity_url"])
        assert browser.accept_invitation(link)["display_name"] == name


def test_a_second_demonstration_does_not_touch_the_first(demo: Demo) -> None:
    done = demo.home.run()
    assert done.returncode == 1
    assert "Une démonstration est déjà en marche" in done.stderr
    assert demo.process.poll() is None


def test_a_port_that_is_taken_is_named_at_once(demo: Demo) -> None:
    with new_home() as other:
        done = Home(other.path, demo.home.port - 1).run()
        assert done.returncode == 1
        assert re.search(rf"port {demo.home.port}, pour identity, est pris .* un REMPART_PORT", done.stderr)
        assert "Traceback" not in done.stderr


def test_it_stops_when_told_to_and_leaves_no_process(demo: Demo) -> None:
    started = everything_under(demo.process)
    assert len(started) >= 7, "the command, the supervisor, the keyring, two workers, three faces"
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(STOP_TIMEOUT_S) == 0
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []
    assert demo.home.is_quiet()


def test_it_refuses_to_run_anywhere_but_in_a_sandbox() -> None:
    with new_home() as home:
        done = home.run(*COMMAND, "--once", REMPART_ENVIRONMENT="production")
        assert done.returncode == 1
        assert "REMPART_ENVIRONMENT=sandbox" in done.stderr
        assert not home.path.exists()
