"""How tests run `rempart demo`: in a home of its own, on free ports, as root or as an ordinary user."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from rempart.adapters import postgres_embedded
from rempart.settings import Settings, is_open_to_others, read_settings
from tests.support.platform import is_free

COMMAND = [str(Path(sys.executable).with_name("rempart")), "demo"]

_NOBODY = 65_534
_PORTS = (0, 1, 2, 4, 5, 8, 9)


@dataclass(frozen=True)
class Home:
    """Where a demonstration lives, and on which ports."""

    path: Path
    port: int

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a command in this home."""
        return {
            **os.environ,
            "REMPART_ENVIRONMENT": "sandbox",
            "REMPART_HOME": str(self.path),
            "REMPART_PORT": str(self.port),
            "REMPART_DATABASE_URL": "",
            "REMPART_DATABASE_NAME": "",
        }

    @property
    def settings(self) -> Settings:
        return read_settings(self.environ)

    def run(
        self, *arguments: str, timeout_s: float = 120, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `rempart demo --once` if none is named."""
        return subprocess.run(
            arguments or [*COMMAND, "--once"],
            env=self.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def is_quiet(self) -> bool:
        """Whether nothing of this home runs: no port is taken, no database is up."""
        return all(is_free(self.port + offset) for offset in _PORTS) and not postgres_embedded.is_running(
            self.settings
        )


@contextmanager
def new_home() -> Iterator[Home]:
    """Make a home that the system users can reach, gone afterwards."""
    with TemporaryDirectory(prefix="rempart-demo-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        port = next(
            port for port in range(18_370, 18_400, 10) if all(is_free(port + offset) for offset in _PORTS)
        )
        home = Home(Path(folder) / "var", port)
        try:
            yield home
        finally:
            postgres_embedded.stop(home.settings)


def begin(home: Home, *command: str) -> "subprocess.Popen[str]":
    """Begin a command whose output is read line by line, and which Ctrl-C reaches."""
    return subprocess.Popen(
        # a test runner in the background ignores Ctrl-C, and its children would too
        ["env", "--default-signal=INT", *(command or COMMAND)],
        env=home.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """Read until a line that holds these words; the test's own timeout is the limit."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("the demonstration ended too early:\n" + "".join(lines))


def everything_under(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """List a process and all that it started."""
    top = psutil.Process(process.pid)
    return [top, *top.children(recursive=True)]


def as_ordinary_user(home: Home, *command: str) -> list[str] | None:
    """Say a command as an ordinary user would run it; None where this machine cannot.

    Where the interpreter lies in a directory closed to others, the user is lent the right to read it, and no other.
    """
    if os.geteuid() != 0:
        return list(command)
    if shutil.which("setpriv") is None:
        return None
    os.chown(home.path.parent, _NOBODY, _NOBODY)
    lent = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    is_readable = is_open_to_others(Path(sys.executable).resolve().parent)
    user = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return ["setpriv", *user, *([] if is_readable else lent), *command]
