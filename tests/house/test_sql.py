"""SQL lives in the store and nowhere else: who wants to know what a page reads looks in one folder."""

import ast
import re

import pytest

from tests.house.source import Module, docstrings, modules, planted

STATEMENT = re.compile(
    r"""^\s*(
        select\s+(.+\s)?from\s | select\s+[\w.]+\s*\( | select\s+[\d*%$'] |
        insert\s+into\s | update\s+[\w.]+\s+set\s | delete\s+from\s | merge\s+into\s | truncate\s+(table\s)?[\w.]+\s*$ |
        (create|alter|drop)\s+(or\s+replace\s+)?(unlogged\s+|temp\s+|temporary\s+|unique\s+)?
            (table|role|user|schema|database|function|index|view|type|sequence|trigger|policy)\s |
        grant\s+[\w,\s]+\s(on|to)\s | revoke\s+[\w,\s]+\s(on|from)\s |
        copy\s+[\w.]+\s*(\(|from\s|to\s) | with\s+\w+\s+as\s*(materialized\s*)?\( |
        set\s+(local\s+|session\s+)?(role|search_path|statement_timeout|synchronous_commit)\b | call\s+[\w.]+\s*\( |
        listen\s+\w+\s*$ | notify\s+\w+ | begin\s*;?\s*$ | rollback\s*;?\s*$ | vacuum\b(?!\s+cleaner) | analyze\s+[\w.]+\s*$
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def _text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return node.value.decode("utf-8", "replace")
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
    return None


def statements_outside_the_store(module: Module) -> list[str]:
    """Find every string that a database would take for a statement, outside store/."""
    if module.path.startswith("store/"):
        return []
    prose = docstrings(module.tree)
    return [
        f"{module.at(node)} holds SQL; it belongs in store/"
        for node in ast.walk(module.tree)
        if node not in prose and STATEMENT.match(_text_of(node) or "")
    ]


@pytest.mark.parametrize(
    "text",
    [
        'QUESTION = "SELECT 1"',
        'QUESTION = "select * from people.rights where person = %s"',
        'def ask(table): return f"DELETE FROM {table}"',
        'QUESTION = """\n  with stale as (select 1) select 1"""',
        'QUESTION = b"copy people.rights from stdin"',
        'QUESTION = "select gate.ask(%s)"',
        'QUESTION = "SET ROLE rempart_owner"',
        'QUESTION = "create unlogged table feed.lines (line int)"',
    ],
)
def test_a_statement_outside_the_store_is_seen(text: str) -> None:
    assert statements_outside_the_store(planted(text))


@pytest.mark.parametrize(
    "module",
    [
        planted('"""Select the insurer from the list."""'),
        planted('LABEL = "Select an insurer"'),
        planted('LABEL = "Update of the contract"'),
        planted('LABEL = "With a card as proof"'),
        planted('LABEL = "Call the insurer (free of charge)"'),
        planted('QUESTION = "SELECT 1"', path="store/database.py"),
    ],
    ids=lambda module: module.text,
)
def test_prose_and_the_store_are_left_alone(module: Module) -> None:
    assert not statements_outside_the_store(module)


def test_sql_lives_in_the_store() -> None:
    assert [breach for module in modules() for breach in statements_outside_the_store(module)] == []
