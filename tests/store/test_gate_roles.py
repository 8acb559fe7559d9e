"""Who may do what in the database: every relation and every function is looked at, and what is not listed here is refused.

A table or a function that a migration adds is refused to everybody until a line here says to whom it is open, and why.
"""

from collections.abc import Iterator
from fnmatch import fnmatch

import psycopg
import pytest
from psycopg import errors, sql

from rempart.store.database import connect_sync, migrate
from rempart.store.database.roles import LOGIN_ROLES
from tests.support.world import Person, Session, World, digest

RELATIONS: dict[str, dict[str, str]] = {
    "everybody": {"platform.environment": "select"},
    "fhir": {},
    "portal": {},
    "counter": {},
    "console": {},
    "public": {},
    "identity": {
        "access.*": "select",
        "access.signals": "",
        "access.detector_rules": "",
        "access.accounts": "select update",
        "access.sessions": "select insert update",
        "access.passkeys": "select insert update",
        "access.invitations": "select insert update",
        "access.challenges": "select insert delete",
        "access.used_assertions": "select insert delete",
        "access.contacts": "select insert update",
        "access.software_met": "select insert",
        "access.guarantors": "select insert update",
        **dict.fromkeys(("access.register_*", "access.psc_*", "access.devices", "access.new_devices"), ""),
        "members.insurers": "select",
    },
    "worker": {"jobs.*": "select insert update delete"},  # the queue, which is its work
    "operator": {
        **dict.fromkeys(
            (
                *(
                    "access.organisations",
                    "access.professionals",
                ),  # of a place, its opening alone is not theirs
                *("access.accounts", "access.software"),
                "members.insurers",
            ),
            "select insert update",
        ),
        **dict.fromkeys(("access.professions", "access.profession_rules"), "select"),
        "access.invitations": "select insert",
        "feeds.files": "select",
        "access.signals": "select",
        # What loosens is asked by a function, and signed by two operators.
        **dict.fromkeys(
            ("members.presence_policies", "members.channels", "access.identity_providers"), "select"
        ),
        "access.detector_rules": "select",
        "access.register_files": "select",
        **dict.fromkeys(("staging.register_lines", "staging.register_places"), "insert"),
    },
    "feeds": {
        "members.insurers": "select",
        "feeds.files": "select",
        "staging.complaints": "select",  # numbers of lines and reasons
        **dict.fromkeys(
            ("staging.people", "staging.other_aliases", "staging.lines", "staging.identities"), "insert"
        ),
    },
}
"""What each role may do with a relation; a pattern stands for every relation that no longer name here fits."""

OWNERS = {f"rempart_{name}" for name in ("gate", "loader", "access", "jobs", "registrar", "warden")}
"""Who owns the functions that lend powers; none of them can log in."""

FUNCTIONS: dict[str, set[str]] = {
    "everybody": {"platform.present", "platform.is_one_line"},
    "fhir": {"gate.ask", "gate.tell", "gate.ask_and_tell"},
    "portal": {"gate.ask", "gate.tell", "gate.ask_and_tell"},
    "counter": {"gate.ask", "gate.tell", "gate.ask_and_tell"},
    "console": {
        *("console.invited", "console.begin_ceremony", "console.enrol", "console.public_key_of"),
        *("console.sign_in", "console.admit", "console.sign_out", "console.begin_act", "console.perform"),
        *(
            "console.live",
            "console.wanted",
            "console.counted",
            "console.find_accounts",
            "console.account",
            "console.contained",
            "console.proposed",
        ),
    },
    "public": {"gate.public_status"},
    "identity": {
        *("gate.ask", "gate.tell", "gate.ask_and_tell", "gate.forget_expired", "access.may_ask"),
        *("access.begin_psc", "access.take_psc", "access.psc_accounts", "access.offer_places"),
        *("access.choose_place", "access.forget_psc", "access.meet_device", "access.note_new_device"),
        *("gate.reduce_budget", "access.contacts_of", "access.contacts_to_tell", "platform.defer"),
        *("access.colleagues_of", "access.wards_of"),
        *("gate.enrol_staff", "gate.enrolment_of", "gate.new_until"),
    },
    "worker": {
        *("access.address_of_contact", "access.expect_code", "access.forget_contacts"),
        *("gate.person_to_ask", "gate.expect_code", "gate.approve_presence", "gate.retire_presence"),
        *("gate.person_to_tell", "gate.note_notice"),
        "platform.end_held_transactions",
    },
    "operator": {
        *("platform.defer", "platform.list_jobs", "platform.retry_job", "access.give_first_contact"),
        *(
            "feeds.approve_file",
            *(
                "drill.load_history",
                "drill.advance",
                "drill.age_devices",
                "drill.told_to_convicted",
            ),  # refused but in a drill
            *("drill.close_rules", "drill.reopen_rules", "drill.set_budgets", "drill.require_presence"),
            "gate.declare_opening",
            "gate.contain",
            "gate.detector_days",
            "gate.contained",
            "gate.convicted",
            *("gate.standing_of", "gate.revoke_standing"),
            *("gate.canary_shapes", "gate.plant_canaries", "gate.list_canaries"),
            *("gate.publish_status", "gate.end_status", "gate.status_messages"),
            *("console.invite", "console.list_operators", "console.dismiss"),
            *("console.ask", "console.open_proposals", "console.withdraw"),
        ),
        *("access.register_objects", "access.begin_register", "access.finish_register"),
        *("access.approve_register", "access.not_in_register"),
    },
    "feeds": {
        *("feeds.begin_file", "feeds.name_products", "feeds.finish_absorbed"),
        *("feeds.finish_file", "feeds.refresh_statistics"),
    },
}

PERSONAL = (
    *("members.people", "members.aliases", "members.rights", "members.rights_history", "members.identities"),
    *(
        "gate.account_state",
        "gate.acquaintances",
        "gate.known_patients",
        "gate.proofs",
        "gate.repeats",
        "gate.containments",
        "gate.convictions",
        *("gate.canaries", "gate.canary_lists"),
        "gate.status_messages",
    ),
    *("evidence.receipts", "access.sessions", "staging.people", "staging.other_aliases", "staging.lines"),
    "staging.identities",
)

PRIVILEGES = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
ROLES = ("everybody", *LOGIN_ROLES)


@pytest.fixture
def filled(world: World) -> World:
    """A world in which every table of people has a row, partitions included."""
    lea: Person = world.person("Léa", world.insurer())
    till: Session = world.software_session(world.account())
    world.ask(till.about(lea, card=lea.card, repeat_key=digest("key"), body=digest("body")))
    world.do(
        f"create table if not exists members.identities_{lea.insurer.insurer_id}"
        f" partition of members.identities for values in ({lea.insurer.insurer_id})"
    )
    return world


def role_name(role: str) -> str:
    return "public" if role == "everybody" else f"rempart_{role}"


def allowed(role: str, relation: str) -> set[str]:
    of_role = RELATIONS[role] if role == "everybody" else RELATIONS["everybody"] | RELATIONS[role]
    fitting = [name for name in of_role if fnmatch(relation, name)]
    return set(of_role[max(fitting, key=len)].split()) if fitting else set()


def relations(world: World) -> list[tuple[str, str]]:
    return [
        (str(row[0]), str(row[1]))
        for row in world.owner.execute(
            "select n.nspname || '.' || c.relname, c.relkind from pg_class as c join pg_namespace as n"
            " on n.oid = c.relnamespace"
            " where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')"
        ).fetchall()
    ]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_with_each_relation_what_is_listed_and_nothing_else(filled: World, role: str) -> None:
    found: dict[str, set[str]] = {}
    for relation, kind in relations(filled):
        if kind == "S":
            continue
        for privilege in PRIVILEGES:
            on_columns = privilege in ("select", "insert", "update", "references")
            check = "has_table_privilege(%s, %s, %s)"
            if on_columns:
                check += " or has_any_column_privilege(%s, %s, %s)"
            arguments = (role_name(role), relation, privilege)
            if filled.one(f"select {check}", *(arguments * (2 if on_columns else 1))):
                found.setdefault(relation, set()).add(privilege)
    assert found == {
        relation: allowed(role, relation)
        for relation, kind in relations(filled)
        if kind != "S" and allowed(role, relation)
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_call_the_functions_that_are_listed_and_no_other(world: World, role: str) -> None:
    rows = world.owner.execute(
        "select n.nspname || '.' || p.proname from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace"
        ""
        " where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and has_function_privilege(%s, p.oid, 'execute')",
        (role_name(role),),
    ).fetchall()
    found = {row[0] for row in rows}
    if role == "worker":
        found -= {name for name in found if name.startswith("jobs.procrastinate_")}
    assert found == FUNCTIONS[role] | FUNCTIONS["everybody"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_use_no_sequence_but_the_operators_draw_of_an_account(world: World, role: str) -> None:
    rows = world.owner.execute(
        "select n.nspname || '.' || c.relname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        ""
        ""
        " where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind = 'S'"
        " and (has_sequence_privilege(%s, c.oid, 'usage')"
        " or has_sequence_privilege(%s, c.oid, 'select') or has_sequence_privilege(%s, c.oid, 'update'))",
        [role_name(role)] * 3,
    ).fetchall()
    found = {row[0] for row in rows}
    if role == "worker":
        found -= {name for name in found if name.startswith("jobs.procrastinate_")}
    assert found == ({"access.accounts_account_id_seq"} if role == "operator" else set())


@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_no_login_gets_a_row_of_people_out_by_any_statement(filled: World, role: str) -> None:
    """The catalogue says so above; here each login really tries, on each relation."""
    connection = filled.face(role)
    for relation, kind in relations(filled):
        if "select" in allowed(role, relation) or kind == "S":
            continue
        name = sql.SQL(relation)
        for statement in (
            "select * from {} limit 1",
            "select ctid from {} limit 1",
            "select count(*) from {}",
            "copy {} to stdout",
            "select row_to_json(t) from {} as t",
            "update {} set ctid = ctid returning *",
            "delete from {} returning *",
            "explain analyze select * from {}",
        ):
            with pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)) as refused:
                connection.execute(sql.SQL(statement).format(name))
            assert refused.type is errors.InsufficientPrivilege or "system column" in str(refused.value)


def test_each_table_of_people_had_a_row_to_give(filled: World) -> None:
    full = {table: filled.one(f"select exists (select from {table})") for table in PERSONAL}
    assert {table for table, has_rows in full.items() if not has_rows} <= {
        *(
            "members.rights_history",
            "members.identities",
            "gate.containments",
            "gate.convictions",
            *("gate.canaries", "gate.canary_lists"),
            "gate.status_messages",
        ),
        *("staging.people", "staging.other_aliases", "staging.lines", "staging.identities"),
    }


def test_every_function_with_borrowed_powers_fixes_where_names_are_looked_up(world: World) -> None:
    rows = world.owner.execute(
        "select p.oid::regprocedure::text, p.proconfig, p.proowner::regrole::text from pg_proc as p"
        " join pg_namespace as n on n.oid = p.pronamespace"
        " where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.prosecdef"
    ).fetchall()
    assert len(rows) >= 12
    for name, config, owner in rows:
        # The triggers of the queue's package look names up where its tables are; nobody but their owner makes anything there.
        path = "jobs, pg_catalog, pg_temp" if owner == "rempart_jobs" else "pg_catalog, pg_temp"
        assert f"search_path={path}" in (config or []), name
        assert owner in OWNERS, name


def test_the_owners_of_those_functions_cannot_log_in_and_belong_to_nobody(world: World) -> None:
    rows = world.owner.execute(
        "select rolname, rolcanlogin, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
        " from pg_roles where starts_with(rolname, 'rempart_') and rolname <> 'rempart_owner'"
    ).fetchall()
    assert {name for name, _, _ in rows} >= {f"rempart_{role}" for role in LOGIN_ROLES} | OWNERS
    for name, can_login, has_powers in rows:
        assert can_login == (name.removeprefix("rempart_") in LOGIN_ROLES), name
        assert not has_powers, name
    members = world.owner.execute(
        "select r.rolname, m.roleid::regrole::text from pg_auth_members as m join pg_roles as r on r.oid = m.member"
        " where starts_with(r.rolname, 'rempart_') order by 1, 2"
    ).fetchall()
    # The warden ends what faces hold; its one function says which.
    assert members == [("rempart_warden", "pg_read_all_stats"), ("rempart_warden", "pg_signal_backend")]


@pytest.fixture
def loader(world: World) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    connection = world.face("feeds")
    yield connection
    connection.close()


@pytest.mark.parametrize("function", ["follow_account", "follow_professional", "follow_software"])
def test_a_temporary_table_borrows_no_trigger_of_the_gate(
    loader: "psycopg.Connection[tuple[object, ...]]", function: str
) -> None:
    loader.execute(
        "create temp table bait (professional_id bigint, software_id int, struck_off_at timestamptz)"
    )
    with pytest.raises(errors.InsufficientPrivilege):
        loader.execute(
            f"create trigger hook after insert on bait for each row execute function gate.{function}()"
        )


def test_names_of_the_callers_own_shadow_nothing(loader: "psycopg.Connection[tuple[object, ...]]") -> None:
    loader.execute("create temp table insurers (insurer_id int, amc_number text)")
    loader.execute(
        "create function pg_temp.pg_try_advisory_xact_lock(bigint) returns boolean language sql as 'select false'"
    )
    loader.execute(
        "create function pg_temp.now() returns timestamptz language sql as $$select '2000-01-01'::timestamptz$$"
    )
    loader.execute("set search_path = pg_temp, members, feeds, pg_catalog")
    (told,) = loader.execute(
        "select feeds.begin_file('0000000000', 1, 'full', current_date, '', '', 0, 'x', 'y', true)"
    )
    assert "insurer-unknown" in str(told[0]), "with the shadows in place it would have been busy"


def test_there_is_no_large_object_and_no_foreign_server(world: World) -> None:
    assert world.one("select count(*) from pg_largeobject_metadata") == 0
    assert world.one("select count(*) from pg_foreign_server") == 0


@pytest.mark.parametrize("role", LOGIN_ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_lock(1, 2)",
        "select pg_advisory_xact_lock_shared(1)",
        "select lo_from_bytea(0, 'plein')",
        "select lo_creat(-1)",
        "select lo_put(1, 0, 'plein')",
        "select pg_logical_emit_message(false, 'plein', 'plein')",
    ],
)
def test_what_the_server_gives_to_everybody_is_given_to_no_login(
    world: World, role: str, statement: str
) -> None:
    """A face that was taken over would else hold the lock that a containment waits for, or fill the disk."""
    with pytest.raises(errors.InsufficientPrivilege):
        world.face(role).execute(statement)


def test_no_login_but_the_operators_may_take_every_connection(world: World) -> None:
    bounds = dict(
        world.owner.execute(
            "select rolname, rolconnlimit from pg_roles where rolname = any (%s)",
            ([f"rempart_{role}" for role in LOGIN_ROLES],),
        ).fetchall()
    )
    assert bounds.pop("rempart_operator") == -1
    assert all(bound > 0 for bound in bounds.values())
    assert sum(bounds.values()) <= world.one("select current_setting('max_connections')::int") - 15


def test_the_statistics_of_the_columns_of_people_are_hidden(filled: World) -> None:
    filled.do("analyze members.people, members.aliases, members.rights, evidence.receipts, access.sessions")
    for role in LOGIN_ROLES:
        rows = (
            filled.face(role)
            .execute(
                "select schemaname || '.' || tablename from pg_stats"
                " where schemaname !~ '^pg_' and schemaname <> 'information_schema'"
            )
            .fetchall()
        )
        seen = {row[0] for row in rows}
        assert {relation for relation in seen if "select" not in allowed(role, relation)} == set()


def test_what_a_role_set_on_itself_is_undone_at_the_next_start(world: World) -> None:
    world.face("fhir").execute("alter role rempart_fhir set synchronous_commit = off")
    migrate(world.database.settings)
    again = connect_sync(world.database.settings, "fhir")
    try:
        assert again.execute("show synchronous_commit").fetchone() == ("on",)
        assert again.execute("show statement_timeout").fetchone() == ("10s",)
    finally:
        again.close()
