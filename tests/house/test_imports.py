"""The walls between the floors hold: each contract of .importlinter is broken by a planted import, and kept by the real tree.

The linter reads import statements; so nobody imports in another way, but who puts the faces together.
"""

import ast
import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, Module, modules, planted

MAY_IMPORT_BY_NAME = ("app.py",)
WAYS_ROUND = {
    "import_module",
    "__import__",
    "exec_module",
    "exec",
    "eval",
    "run_module",
    "run_path",
    "modules",
}

PLANTS: dict[str, list[tuple[str, str]]] = {
    "layers": [
        ("domain/rights.py", "import rempart.settings"),
        ("store/gate.py", "import rempart.security.principals"),
        ("security/gate.py", "import rempart.operations.query_rights"),
        ("operations/query_rights.py", "import rempart.faces.wording"),
    ],
    "domain": [
        ("domain/rights.py", "import os"),
        ("domain/identifiers.py", "from time import time"),
        ("domain/errors/gate.py", "import psycopg"),
    ],
    "faces-see-no-store": [
        ("faces/wording.py", "from rempart.store import database"),
        ("faces/wording.py", "import rempart.adapters.clock"),
        ("faces/wording.py", "import psycopg"),
    ],
    "faces-are-strangers": [
        ("faces/portal/app.py", "from rempart.faces.identity import problems"),
        ("faces/fhir/outcomes.py", "import rempart.faces.portal.app"),
        ("faces/counter/app.py", "from rempart.faces.portal import app"),
    ],
    "keys": [
        ("security/gate.py", "from rempart.keyring import file_vault"),
        ("operations/query_rights.py", "import rempart.keyring.vault"),
    ],
}


def imports_by_name(module: Module) -> list[str]:
    """Find what brings in a module that no import statement names."""
    if module.path in MAY_IMPORT_BY_NAME:
        return []
    return [
        f"{module.at(node)} may import a module unseen ({name})"
        for node in ast.walk(module.tree)
        for name in _names_of(node)
        if name in WAYS_ROUND
    ]


def _names_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def _lint(place: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Run the real linter on the tree at `place`, as `make check` does."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", "--contract", contract],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _contracts() -> dict[str, str]:
    read = configparser.ConfigParser()
    read.read(ROOT / ".importlinter")
    sections = {
        name.rpartition(":")[2]: read[name]["name"] for name in read.sections() if ":contract:" in name
    }
    assert sections
    return sections


@pytest.fixture
def copy_of_the_tree(tmp_path: Path) -> Path:
    """Copy the package and its contracts where they can be broken."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "rempart", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("contract", "path", "line"),
    [(contract, path, line) for contract, plants in PLANTS.items() for path, line in plants],
)
def test_a_planted_import_breaks_its_contract(
    copy_of_the_tree: Path, contract: str, path: str, line: str
) -> None:
    planted = copy_of_the_tree / "src" / "rempart" / path
    planted.write_text(planted.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")

    told = _lint(copy_of_the_tree, contract)

    assert told.returncode == 1, told.stdout
    assert f"{_contracts()[contract]} BROKEN" in told.stdout


def test_a_floor_that_no_contract_knows_is_refused(copy_of_the_tree: Path) -> None:
    (copy_of_the_tree / "src" / "rempart" / "attic.py").write_text('"""An attic."""\n', encoding="utf-8")
    told = _lint(copy_of_the_tree, "layers")
    assert told.returncode == 1
    assert "attic" in told.stdout


def test_every_contract_has_a_plant() -> None:
    assert PLANTS.keys() == _contracts().keys()


def test_the_tree_keeps_every_contract() -> None:
    for contract, name in _contracts().items():
        told = _lint(ROOT, contract)
        assert f"{name} KEPT" in told.stdout, told.stdout


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nstore = importlib.import_module('rempart.store.database')",
        "from importlib import import_module as fetch\nfetch('rempart.store')",
        "__import__('rempart.store.database')",
        "import sys\nstore = sys.modules['rempart.store']",
        "eval(\"__import__('rempart.store')\")",
    ],
)
def test_a_way_round_the_linter_is_seen(text: str) -> None:
    assert imports_by_name(planted(text, "faces/planted.py"))


def test_nobody_goes_round_the_linter() -> None:
    assert [breach for module in modules() for breach in imports_by_name(module)] == []
