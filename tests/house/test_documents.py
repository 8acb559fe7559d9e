"""The documents are true: their links lead somewhere, their commands exist, their settings are read."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, tracked_files

LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
MAKE = re.compile(r"`make ([a-z]+)|^\s*make ([a-z]+)", re.MULTILINE)
SETTING = re.compile(r"\bREMPART_[A-Z_]+\b")


def documents() -> list[Path]:
    """List the Markdown files of the house."""
    return [path for path in tracked_files() if path.suffix == ".md" and "node_modules" not in path.parts]


def dead_links(place: Path, text: str) -> list[str]:
    """Find the relative links that lead nowhere."""
    targets = [target for target, _ in LINK.findall(text) if not re.match(r"[a-z]+:", target)]
    return [target for target in targets if not (place / target).exists()]


def unknown_targets(text: str, makefile: str) -> set[str]:
    """Find the `make` targets that a document names and the Makefile lacks."""
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    return {one or other for one, other in MAKE.findall(text)} - known


def unread_settings(text: str, source: str) -> set[str]:
    """Find the settings that a document names and no code reads."""
    return set(SETTING.findall(text)) - set(SETTING.findall(source))


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "here.md").touch()
    assert dead_links(tmp_path, "[a](gone.md) and [b](here.md#part) and [c](https://example.org)") == [
        "gone.md"
    ]


def test_an_unknown_command_and_setting_are_seen() -> None:
    assert unknown_targets("Type `make coffee`, then\n    make test", "test: x\n") == {"coffee"}
    assert unread_settings("set REMPART_MOON", 'environ.get("REMPART_HOME")') == {"REMPART_MOON"}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_is_true(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    source = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    assert dead_links(path.parent, text) == []
    assert unknown_targets(text, (ROOT / "Makefile").read_text(encoding="utf-8")) == set()
    assert unread_settings(text, source) == set()


def test_the_two_readmes_have_the_same_bones() -> None:
    bones = []
    for name in ("README.md", "README.fr.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        commands = [line.split("#")[0].strip() for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
                    for line in block.splitlines()]  # fmt: skip
        bones.append((len(re.findall(r"^## ", text, re.MULTILINE)), commands, len(LINK.findall(text))))
    assert bones[0] == bones[1]


def test_the_index_of_decisions_names_each_of_them() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [path.name for path in records] == re.findall(r"\((\d{4}-[^)]+)\)", index)
    numbers = [int(path.name[:4]) for path in records]
    assert numbers == sorted(set(numbers)), (
        "no two records have one number; one that is being written elsewhere may be missing"
    )
    for number, path in zip(numbers, records, strict=True):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. ")
        assert "**Decided.**" in text or number == 13


def test_the_commit_that_contributing_shows_is_in_the_history() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.search(r"git show ([0-9a-f]{7,40})", text)
    assert shown is not None
    found = subprocess.run(
        ["git", "show", "--stat", "--format=%s", shown[1]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode != 0 and (ROOT / ".git" / "shallow").exists():
        pytest.skip("this clone has no history")
    assert "break the glass" in found.stdout
    for step in ("GLOSSARY.md", "domain/", "migrations/", "wording_fr.json", "CHANGELOG.md"):
        assert step in found.stdout


def test_the_index_of_the_documentation_names_each_page() -> None:
    folder = ROOT / "docs"
    pages = {str(path.relative_to(folder)) for path in documents() if path.is_relative_to(folder)}
    pages = {page for page in pages if not page.startswith("decisions/0") and page != "README.md"}
    linked = {target for target, _ in LINK.findall((folder / "README.md").read_text(encoding="utf-8"))}
    assert pages - linked == set()
