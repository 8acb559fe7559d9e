"""The source as the house rules read it: one `Module` per file, parsed once.

A rule is a function from a module to its breaches; a breach is a sentence that begins with the place.
"""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "rempart"


@dataclass(frozen=True)
class Module:
    """One file of the package: its path below src/rempart, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    def at(self, node: ast.AST) -> str:
        """Say where a node is, as an editor understands it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def planted(text: str, path: str = "operations/planted.py") -> Module:
    """Make a module that only exists in a test."""
    return Module(path, text, ast.parse(text))


@cache
def modules() -> tuple[Module, ...]:
    """Read every module of the package."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        found.append(Module(str(file.relative_to(PACKAGE)), text, ast.parse(text)))
    assert found, "the package was not found"
    return tuple(found)


@cache
def tracked_files() -> tuple[Path, ...]:
    """List what git would publish: tracked files, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name.decode() for name in listed.stdout.split(b"\0") if name)
    return tuple(path for path in paths if path.is_file())


def docstrings(tree: ast.Module) -> set[ast.AST]:
    """Collect the nodes that are docstrings, the string under an assignment included: they are prose."""
    prose: set[ast.AST] = set()
    for node in ast.walk(tree):
        for statement in (
            getattr(node, "body", []) if hasattr(node, "body") and isinstance(node.body, list) else []
        ):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                prose.add(statement.value)
    return prose
