"""What is published names no machine, no package index and no secret of whoever wrote it."""

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, tracked_files

# Written so that no pattern matches itself.
PACKAGE_HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|(deb|security)\.debian\.org|proxy\.golang\.org"
    r"|--(extra-)?index-url|--find[-]links",
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/([r]oot/|[h]ome/\w|[w]ork/|[U]sers/\w|tmp/[b]ash_jobs)")
PRIVATE_KEYS = re.compile(r"-----BEGIN [A-Z ]*[P]RIVATE KEY-----")
LOOKED_FOR = {
    "a package host": PACKAGE_HOSTS,
    "a path of one machine": MACHINE_PATHS,
    "a private key": PRIVATE_KEYS,
}


def leaks(name: str, text: str) -> list[str]:
    """Find what a text gives away."""
    return [
        f"{name}:{number} names {what}"
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in LOOKED_FOR.items()
        if pattern.search(line)
    ]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture or a compiled catalogue


@pytest.mark.parametrize(
    "text",
    [
        "resolved https://registry.{}js.org/jose".format("npm"),
        "--{}-url https://{}.org/simple".format("index", "pypi"),
        "see /{}/notes".format("root"),
        "open('/{}/camille/cards.csv')".format("home"),
        "-----BEGIN {} KEY-----".format("PRIVATE"),
    ],
)
def test_a_leak_is_seen(text: str) -> None:
    assert leaks("planted", text)


@pytest.mark.parametrize(
    "text", ["the root of the tree", "REMPART_HOME/run", "var/home", "networks/workers", "/var/lib/rempart"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert not leaks("planted", text)


def test_nothing_published_names_a_machine_or_a_host() -> None:
    found = [leak for path in tracked_files() for leak in leaks(str(path.relative_to(ROOT)), _read(path))]
    assert found == []


def test_the_locks_pin_every_package_by_digest() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        packages = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
        assert len(packages) > 20
        assert [
            package.split()[0]
            for package in packages
            if "==" not in package or "--hash=sha256:" not in package
        ] == []
    text = (ROOT / "tests/node/package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    assert text.count('"integrity": "sha512-') >= 40
