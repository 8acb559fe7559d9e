"""Time has one door, adapters/clock.py, so that a test can say what day it is."""

import ast

import pytest

from tests.house.source import Module, modules, planted

MAY_READ_THE_CLOCK = ("adapters/clock.py", "bench/")
WALL_CLOCK = {
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.asctime", "time.strftime",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
}  # fmt: skip


def _imported_names(tree: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def readings_of_the_clock(module: Module) -> list[str]:
    """Find every mention of a wall clock, called or handed on, outside its door."""
    if module.path.startswith(MAY_READ_THE_CLOCK):
        return []
    names = _imported_names(module.tree)
    return [
        f"{module.at(node)} reads the wall clock ({_dotted(node, names)}); ask adapters/clock.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name) and _dotted(node, names) in WALL_CLOCK
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import time\nstarted = time.time()",
        "from time import time\nstarted = time()",
        "from datetime import datetime, UTC\nnow = datetime.now(UTC)",
        "import datetime as dt\ntoday = dt.date.today()",
        "from datetime import date\ndef f(today=date.today): ...",
        "from dataclasses import field\nimport time as t\nat = field(default_factory=t.time)",
    ],
)
def test_a_clock_read_elsewhere_is_seen(text: str) -> None:
    assert readings_of_the_clock(planted(text))


@pytest.mark.parametrize(
    "text",
    [
        "import time\nstarted = time.perf_counter()",
        "from datetime import datetime\nat = datetime.fromtimestamp(0)",
        "from rempart.adapters import clock\nnow = clock.now()",
        "def time() -> int: ...\nstarted = time()",
    ],
)
def test_what_is_no_wall_clock_is_left_alone(text: str) -> None:
    assert not readings_of_the_clock(planted(text))


def test_only_the_clock_reads_the_clock() -> None:
    assert [breach for module in modules() for breach in readings_of_the_clock(module)] == []
