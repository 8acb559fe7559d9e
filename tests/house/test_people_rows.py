"""People's rows are read by the gate and written by the loader, and by nobody else: read here in the migrations and in the store.

tests/attacks shows the same on a running database, with each role's own login. This file shows it before anything runs, so that
a grant or a look-up added by mistake is red in a second.
"""

import ast
import re

import pytest

from tests.house.source import PACKAGE, Module, docstrings, modules, planted

PERSON_TABLES = (
    r"(members\.(people|aliases|rights|rights_history|identities)"
    r"|gate\.(acquaintances|known_patients)|evidence\.receipts)\b"
)
MAY_HOLD = {"rempart_gate", "rempart_loader"}
GRANT = re.compile(
    r"\bgrant\s+(?P<what>[^;]*?)\s+on\s+(?P<on>[^;]*?)\s+to\s+(?P<whom>[^;]*?)(\s+with\s+grant\s+option)?\s*;",
    re.IGNORECASE | re.DOTALL,
)
MAY_WRITE_DURING_A_LOAD = "rempart_feeds"
WRITES_ONLY = re.compile(r"insert\s*\([\w\s,]+\)", re.IGNORECASE)
FUNCTION = re.compile(
    r"create\s+(or\s+replace\s+)?(function|procedure)\s+(?P<name>[\w.]+).*?(?P<quote>\$\w*\$)(?P<body>.*?)(?P=quote)",
    re.IGNORECASE | re.DOTALL,
)
OWNER = re.compile(
    r"alter\s+(?:function|procedure)\s+(?P<name>[\w.]+)\s*(?:\([^)]*\))?\s+owner\s+to\s+(?P<owner>\w+)",
    re.IGNORECASE,
)


WHOLE_SCHEMA = re.compile(
    r"pronamespace\s*=\s*'(?P<schema>\w+)'::regnamespace\s+loop\s+execute format\('alter function %s owner to (?P<owner>\w+)'",
    re.IGNORECASE,
)


def without_comments(sql: str) -> str:
    """Drop the comments of a migration."""
    return re.sub(r"--[^\n]*", "", sql)


def grants_to_strangers(sql: str) -> list[str]:
    """Find the grants that open people's rows to another role than the gate's and the loader's.

    The feed may be let insert some columns, if the same text takes that back word for word.
    """
    found = []
    words = " ".join(without_comments(sql).split())
    for grant in GRANT.finditer(words):
        whom = {role.strip() for role in grant["whom"].split(",")}
        taken_back = f"revoke {grant['what']} on {grant['on']} from {MAY_WRITE_DURING_A_LOAD};"
        if WRITES_ONLY.fullmatch(grant["what"]) and taken_back in words:
            whom.discard(MAY_WRITE_DURING_A_LOAD)
        opens = re.search(PERSON_TABLES, grant["on"]) or re.search(
            r"all\s+tables\s+in\s+schema\s+[^;]*\b(members|gate|evidence)\b", grant["on"]
        )
        if opens and whom - MAY_HOLD:
            found.append(" ".join(grant[0].split()))
    return found


def functions_of_strangers(sql: str) -> list[str]:
    """Find the functions that touch people's rows and belong to nobody who may: they would run with the owner's powers."""
    text = without_comments(sql)
    owners = {owner["name"]: owner["owner"] for owner in OWNER.finditer(text)}
    for function in FUNCTION.finditer(text):
        for whole in WHOLE_SCHEMA.finditer(text, function.end()):
            if function["name"].startswith(f"{whole['schema']}."):
                owners.setdefault(function["name"], whole["owner"])
    return [
        f"{function['name']} belongs to {owners.get(function['name'], 'whoever migrates')}"
        for function in FUNCTION.finditer(text)
        if re.search(PERSON_TABLES, function["body"]) and owners.get(function["name"]) not in MAY_HOLD
    ]


def mentions_in_the_store(module: Module) -> list[str]:
    """Find the Python strings that name a table of people's rows: Python calls functions of the gate and of the loader."""
    prose = docstrings(module.tree)
    return [
        f"{module.at(node)} names a table of people's rows"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in prose
        and re.search(PERSON_TABLES, node.value)
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "grant select on members.rights to rempart_portal;",
        "grant select on members.insurers, members.aliases to rempart_gate, rempart_operator;",
        "grant select on all tables in schema evidence to rempart_identity;",
        "grant select, insert\n  on evidence.receipts\n  to rempart_fhir;",
        "grant insert (person_id) on members.people to rempart_feeds;",
        "grant insert (card) on members.people to rempart_feeds; revoke insert (nir) on members.people from rempart_feeds;",
        "grant select (card) on members.people to rempart_feeds; revoke select (card) on members.people from rempart_feeds;",
        "grant insert (card) on members.people to rempart_fhir; revoke insert (card) on members.people from rempart_fhir;",
        "grant insert on members.rights to rempart_loader, rempart_fhir with grant option;",
    ],
)
def test_a_grant_to_a_stranger_is_seen(sql: str) -> None:
    assert grants_to_strangers(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "grant select on members.insurers to rempart_feeds;",
        "grant select on members.rights to rempart_gate;",
        "-- grant select on members.rights to rempart_portal;",
        "grant execute on function gate.ask to rempart_fhir;",
        "grant insert on members.rights to rempart_loader with grant option;",
        "grant insert (card) on members.people to rempart_feeds; revoke insert (card)\n on members.people from rempart_feeds;",
    ],
)
def test_what_the_gate_and_the_loader_need_is_left_alone(sql: str) -> None:
    assert not grants_to_strangers(sql)


def test_a_function_that_reads_people_for_its_migrator_is_seen() -> None:
    body = "create function gate.count_people() returns bigint language sql as $$ select count(*) from members.people $$;"
    assert functions_of_strangers(body)
    assert not functions_of_strangers(body + "alter function gate.count_people() owner to rempart_gate;")
    assert functions_of_strangers(body + "alter function gate.count_people() owner to rempart_owner;")


def test_a_table_of_people_named_in_python_is_seen() -> None:
    assert mentions_in_the_store(planted('LOOK = "select 1 from members.rights"', "store/look.py"))
    assert not mentions_in_the_store(
        planted('"""Rows of members.rights are not read here."""', "store/look.py")
    )


def test_no_grant_and_no_function_opens_peoples_rows() -> None:
    migrations = sorted((PACKAGE / "store" / "migrations").glob("*.sql"))
    assert len(migrations) >= 5
    text = "\n".join(migration.read_text(encoding="utf-8") for migration in migrations)
    assert grants_to_strangers(text) == []
    assert functions_of_strangers(text) == []
    assert len(re.findall(PERSON_TABLES, text)) > 20, "the tables have other names now: say them here"


def test_no_table_is_unlogged() -> None:
    migrations = sorted((PACKAGE / "store" / "migrations").glob("*.sql"))
    found = [
        file.name
        for file in migrations
        if re.search(r"\bunlogged\b", without_comments(file.read_text("utf-8")))
    ]
    assert found == [], "a server that is killed may not start again: see 0006_feeds_tables.sql"


def test_no_python_names_a_table_of_peoples_rows() -> None:
    assert [breach for module in modules() for breach in mentions_in_the_store(module)] == []
