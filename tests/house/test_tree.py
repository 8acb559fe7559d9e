"""The shape of the tree: small folders, honest names, a docstring at the head of every file."""

import ast
from collections import Counter
from pathlib import PurePath

import pytest

from tests.house.source import ROOT, Module, modules, planted, tracked_files

MODULES_PER_FOLDER_MAX = 12
NAMES_THAT_SAY_NOTHING = {
    "utils", "util", "helpers", "helper", "common", "core", "manager", "managers", "base", "misc", "shared",
}  # fmt: skip
FILE_LINES_MAX = 400


def crowded_folders(paths: list[str]) -> list[str]:
    """Find the folders with more than a dozen modules: a thirteenth is a missing concept."""
    counted = Counter(str(PurePath(path).parent) for path in paths if PurePath(path).name != "__init__.py")
    return [
        f"{folder} has {count} modules" for folder, count in counted.items() if count > MODULES_PER_FOLDER_MAX
    ]


def empty_names(paths: list[str]) -> list[str]:
    """Find the folders and files whose name says nothing about what is in them."""
    return [
        path
        for path in paths
        if NAMES_THAT_SAY_NOTHING & {part.removesuffix(".py") for part in PurePath(path).parts}
    ]


def docstring_breaches(module: Module) -> list[str]:
    """Refuse a module without a docstring, or whose docstring is not a sentence."""
    said = ast.get_docstring(module.tree)
    if said is None:
        return [f"{module.path}:1 does not say what it is"]
    first = said.split("\n\n")[0].strip()
    return [] if first.endswith((".", ":", ";", "?", "!")) else [f"{module.path}:1 begins with no sentence"]


def names_that_say_nothing(module: Module) -> list[str]:
    """Find the functions, classes and arguments that are called after nothing."""
    nothing = {"data", "info", "value", "obj", "handle", "process"}
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name in nothing:
            found.append(f"{module.at(node)} is called {node.name}")
        if isinstance(node, ast.arg) and node.arg in nothing:
            found.append(f"{module.at(node)} takes an argument called {node.arg}")
    return found


def test_a_thirteenth_module_is_seen() -> None:
    twelve = [f"domain/rule_{number}.py" for number in range(12)]
    assert not crowded_folders([*twelve, "domain/__init__.py", "store/rights.py"])
    assert crowded_folders([*twelve, "domain/rule_12.py"])


@pytest.mark.parametrize(
    "path", ["utils/rights.py", "store/helpers.py", "core/__init__.py", "faces/common/x.py"]
)
def test_a_name_that_says_nothing_is_seen(path: str) -> None:
    assert empty_names([path])


def test_a_name_that_says_something_is_left_alone() -> None:
    assert not empty_names(["store/database.py", "domain/based_on.py", "score/corelation.py"])


def test_a_module_that_does_not_say_what_it_is_is_seen() -> None:
    assert docstring_breaches(planted("import os"))
    assert docstring_breaches(planted('"""rights"""'))
    assert not docstring_breaches(planted('"""The rights of a person."""'))


def test_an_argument_called_after_nothing_is_seen() -> None:
    assert names_that_say_nothing(planted("def settle(data): ..."))
    assert names_that_say_nothing(planted("def process(invoice): ..."))
    assert not names_that_say_nothing(planted("def settle(invoice): ..."))


def test_no_folder_is_crowded() -> None:
    assert crowded_folders([module.path for module in modules()]) == []


def test_no_name_says_nothing() -> None:
    assert empty_names([str(path.relative_to(ROOT)) for path in tracked_files()]) == []


def test_every_module_says_what_it_is() -> None:
    assert [breach for module in modules() for breach in docstring_breaches(module)] == []


def test_no_function_or_argument_is_called_after_nothing() -> None:
    assert [breach for module in modules() for breach in names_that_say_nothing(module)] == []


def test_every_package_folder_is_a_package_with_something_in_it() -> None:
    folders = {PurePath(module.path).parent for module in modules()}
    packages = {PurePath(module.path).parent for module in modules() if module.path.endswith("__init__.py")}
    assert folders == packages


def test_no_file_is_too_long_to_read_at_once() -> None:
    assert [module.path for module in modules() if module.text.count("\n") > FILE_LINES_MAX] == []
