"""`rempart database` and `rempart keyring`, as an operator types them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rempart.adapters import postgres_embedded
from rempart.settings import read_settings

Type = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix=f"rempart-test-{os.getpid()}-"))
    home.chmod(0o755)
    yield home
    postgres_embedded.stop(read_settings({"REMPART_HOME": str(home)}))
    shutil.rmtree(home)


@pytest.fixture
def type_command(home: Path) -> Type:
    def type_words(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "rempart.cli", *words],
            env={**os.environ, "REMPART_HOME": str(home), "REMPART_ENVIRONMENT": "sandbox", **environ},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return type_words


def test_a_database_is_made_once_and_then_left_alone(type_command: Type) -> None:
    first = type_command("database", "init", "--json")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["applied"]
    again = type_command("database", "init", "--json")
    assert json.loads(again.stdout) == {**json.loads(first.stdout), "applied": []}


def test_a_command_leaves_no_server_behind_unless_asked_to(type_command: Type) -> None:
    type_command("database", "init")
    assert not json.loads(type_command("database", "status", "--json").stdout)["running"]
    type_command("database", "start")
    type_command("database", "init")
    assert json.loads(type_command("database", "status", "--json").stdout)["running"]
    type_command("database", "stop")
    assert not json.loads(type_command("database", "status", "--json").stdout)["running"]


def test_the_shell_is_the_owners(type_command: Type) -> None:
    type_command("database", "init")
    done = type_command("database", "shell", "--", "-At", "-c", "select current_user")
    assert done.stdout == "rempart_owner\n"


def test_a_database_made_for_a_sandbox_is_no_production(type_command: Type) -> None:
    type_command("database", "init")
    done = type_command("database", "init", REMPART_ENVIRONMENT="production")
    assert done.returncode == 1
    assert "environment-mismatch" in done.stderr
    assert "REMPART_ENVIRONMENT=sandbox" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_platform_for_another_environment_is_not_served(type_command: Type) -> None:
    type_command("database", "init")
    done = type_command("serve", REMPART_ENVIRONMENT="production")
    assert done.returncode == 1
    assert "La base de données a été créée pour l’environnement sandbox." in done.stderr
    assert "REMPART_ENVIRONMENT=sandbox" in done.stderr
    facts = json.loads(type_command("serve", "--json", REMPART_ENVIRONMENT="production").stdout)
    assert (facts["verdict"], facts["code"], facts["place"]) == ("refused", "environment-mismatch", "sandbox")


def test_who_has_no_database_yet_is_told_how_to_make_one(type_command: Type, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    done = type_command("insurer", "list", REMPART_HOME=str(fresh))
    assert done.returncode == 1
    assert "rempart database init" in done.stderr
    assert not fresh.exists(), "who only asks makes nothing"


@pytest.mark.parametrize(
    "words",
    [
        ("people", "generate", "--count", "5", "--insurers", "1", "--seed", "1", "--out", "/etc/hostname"),
        ("people", "generate", "--count", "5", "--insurers", "1", "--seed", "1", "--out", "/proc/x"),
        ("insurer", "list"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(type_command: Type, words: tuple[str, ...]) -> None:
    done = type_command(*words, REMPART_HOME="/etc/hostname")
    assert done.returncode == 1
    assert done.stderr.startswith("rempart: Le système refuse")
    assert words[-1] in done.stderr or "/etc/hostname" in done.stderr
    assert done.stderr.count("\n") == 1


def test_who_reads_no_further_is_no_error(tmp_path: Path) -> None:
    words = [
        "people",
        "generate",
        "--count",
        "5",
        "--insurers",
        "1",
        "--seed",
        "1",
        "--json",
        "--out",
        str(tmp_path),
    ]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "rempart.cli", *words],
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stderr == ""
    assert done.returncode == 141


def test_the_server_of_somebody_else_is_not_ours_to_stop(type_command: Type) -> None:
    done = type_command("database", "stop", REMPART_DATABASE_URL="postgresql://admin@db.example/platform")
    assert done.returncode == 1
    assert "son administrateur la démarre et l’arrête" in done.stderr


def test_an_insurers_keys_are_made_once_and_only_named(type_command: Type) -> None:
    first = type_command("keyring", "create", "0312345678", "--json")
    assert json.loads(first.stdout) == {"made": ["index/0312345678", "data/0312345678"]}
    assert json.loads(type_command("keyring", "create", "0312345678", "--json").stdout) == {"made": []}
    names = json.loads(type_command("keyring", "names", "--json").stdout)["names"]
    assert {"index/0312345678", "data/0312345678", "request"} <= set(names)


def test_keys_for_what_is_no_amc_number_are_not_made(type_command: Type) -> None:
    done = type_command("keyring", "create", "03123x")
    assert done.returncode == 1
    assert "amc-number" in done.stderr
