"""Only the identity process may open a session: every other login tries everything, and so does identity beyond its part."""

from collections.abc import Iterator

import pytest
from psycopg import Connection, errors

from rempart.operations import manage_access
from rempart.store.database import connect_sync, roles
from tests.support.database import Database

NEW_SESSION = """
insert into access.sessions (token_digest, key_thumbprint, account_id, software_id, face, expires_at, nonce_digest)
select sha256('stolen'), sha256('key'), {account_id}, null, 2, now() + interval '4 hours', sha256('nonce')
"""

MINTING = {
    "a new session": NEW_SESSION,
    "another key for a session": "update access.sessions set key_thumbprint = sha256('mine')",
    "another token for a session": "update access.sessions set token_digest = sha256('mine')",
    "another account for a session": "update access.sessions set account_id = {account_id}",
    "a longer life for a session": "update access.sessions set expires_at = now() + interval '1 year'",
    "a session brought back": "update access.sessions set revoked_at = null",
    "a copied session": "insert into access.sessions overriding system value select * from access.sessions",
    "a session by copy": "copy access.sessions from stdin",
    "a merged session": "merge into access.sessions as s using (select 1) as o on false when not matched then "
    "insert (token_digest) values (sha256('x'))",
    "a passkey": "insert into access.passkeys (credential_id, account_id, public_key, sign_count, label) "
    "values ('x', {account_id}, 'x', 0, 'x')",
    "another key for a passkey": "update access.passkeys set public_key = 'x'",
    "a challenge of one's own": (
        "insert into access.challenges (challenge_digest, purpose, expires_at)"
        " values (sha256('x'), 'register', now() + interval '1 hour')"
    ),
    "the identity role": "set role rempart_identity",
    "the gate's role": "set role rempart_gate",
    "the owner's role": "set role rempart_owner",
    "a trigger of one's own": "create trigger mine before insert on access.sessions "
    "execute function suppress_redundant_updates_trigger()",
    "a function of one's own": "create function access.mine() returns void language sql security definer as 'select'",
    "the session's tables as one's own": "alter table access.sessions owner to current_user",
    "a grant to oneself": "grant all on access.sessions to current_user",
}


@pytest.fixture(scope="module")
def account_id(database: Database) -> Iterator[int]:
    with connect_sync(database.settings, "operator") as connection:
        yield manage_access.register_professional(
            connection,
            rpps="10005173140",
            finess="750712184",
            profession="pharmacist",
            name="Claire Fontaine",
        ).account_id


def sessions(connection: Connection) -> object:
    """Read every session, whole."""
    return connection.execute("select array_agg(s::text) from access.sessions as s").fetchone()


@pytest.fixture
def one_session(database: Database, account_id: int) -> Iterator[None]:
    """Open a session as identity does, and require that it be the only one, and the same, afterwards."""
    with connect_sync(database.settings, "identity") as connection:
        connection.execute(NEW_SESSION.format(account_id=account_id).encode())
    with connect_sync(database.settings, "owner") as connection:
        before = sessions(connection)
        yield
        after = sessions(connection)
        connection.execute("delete from access.sessions")
        assert after == before


def is_granted(connection: Connection, statement: str) -> bool:
    """Whether a role may run a statement, whatever comes of it."""
    try:
        connection.execute(statement.encode())
    except (errors.InsufficientPrivilege, errors.InvalidGrantOperation):
        return False
    return True


@pytest.mark.usefixtures("one_session")
@pytest.mark.parametrize("role", [role for role in roles.LOGIN_ROLES if role != "identity"])
def test_no_other_role_can_mint_or_bend_a_session(database: Database, account_id: int, role: str) -> None:
    with connect_sync(database.settings, role) as connection:
        obtained = [
            what
            for what, statement in MINTING.items()
            if is_granted(connection, statement.format(account_id=account_id))
        ]
    assert obtained == []


def test_the_identity_role_can_mint_one_which_shows_that_the_statement_is_right(
    database: Database, account_id: int
) -> None:
    with connect_sync(database.settings, "identity") as connection:
        connection.execute(NEW_SESSION.format(account_id=account_id).encode())
    with connect_sync(database.settings, "owner") as connection:
        assert connection.execute("delete from access.sessions").rowcount == 1


@pytest.mark.parametrize(
    "statement",
    [
        "update access.sessions set account_id = account_id",
        "update access.sessions set key_thumbprint = key_thumbprint",
        "update access.sessions set expires_at = 'infinity'",
        "update access.profession_rules set people_per_day = 1000000",
        "update access.professionals set struck_off_at = null",
        "update access.accounts set holder_account_id = account_id",
        "insert into access.identity_providers (issuer, jwks_uri) values ('https://mine.example', 'https://mine.example')",
        "update access.software set jwks = '{}'",
        "update gate.account_state set standing = 0",
        "delete from access.sessions",
    ],
)
def test_the_identity_process_opens_and_ends_sessions_and_sets_no_rule(
    database: Database, statement: str
) -> None:
    with (
        connect_sync(database.settings, "identity") as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", [role for role in roles.LOGIN_ROLES if role != "identity"])
@pytest.mark.parametrize("table", ["sessions", "passkeys", "challenges", "used_assertions"])
def test_no_other_role_reads_what_opens_a_session(database: Database, role: str, table: str) -> None:
    with connect_sync(database.settings, role) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"table access.{table}".encode())


def test_identity_sees_no_insured_person_and_no_receipt(database: Database) -> None:
    with connect_sync(database.settings, "owner") as owner:
        tables = owner.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables "
            "where schemaname in ('members', 'gate', 'evidence') and tablename <> 'insurers'"  # no person is in it
        ).fetchall()
    assert len(tables) > 8
    with connect_sync(database.settings, "identity") as connection:
        seen = [name for (name,) in tables if is_granted(connection, f"table {name}")]
    assert seen == []


@pytest.mark.parametrize(
    "statement",
    [
        "update access.profession_rules set people_per_day = 1000000",
        "insert into access.profession_rules select * from access.profession_rules",
        "update access.professions set code = code",
        "update access.organisations set opening_until = null",
        "select drill.set_budgets('{1}', '{1000000}', '{1}', '{1000000}')",
    ],
)
def test_nobody_widens_a_budget_or_ends_an_opening_alone(database: Database, statement: str) -> None:
    for role in roles.LOGIN_ROLES:
        with connect_sync(database.settings, role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_the_operator_cannot_make_staff_of_a_titulaire_into_a_titulaire(
    database: Database, account_id: int
) -> None:
    with connect_sync(database.settings, "operator") as connection, pytest.raises(errors.RaiseException):
        connection.execute(
            "update access.accounts set profession_id = 9 where account_id = %s", (account_id,)
        )


@pytest.mark.parametrize(
    ("begin", "revive"),
    [
        (
            "insert into access.software (client_id, name, jwks, revoked_at) values ('gone', 'gone', '{}', now())",
            "update access.software set revoked_at = null where client_id = 'gone'",
        ),
        (
            """insert into access.professionals (rpps, profession_id, name, struck_off_at)
            values ('10000000017', 1, 'Noé Bernard', now())""",
            "update access.professionals set struck_off_at = null where rpps = '10000000017'",
        ),
    ],
)
def test_what_was_struck_off_or_revoked_does_not_come_back(
    database: Database, begin: str, revive: str
) -> None:
    with connect_sync(database.settings, "operator") as connection:
        connection.execute(begin.encode())
        with pytest.raises(errors.RaiseException, match="does not come back"):
            connection.execute(revive.encode())


def test_an_account_that_was_revoked_does_not_come_back(database: Database, account_id: int) -> None:
    with connect_sync(database.settings, "operator") as connection:
        connection.execute(
            "update access.accounts set revoked_at = now() where account_id = %s", (account_id,)
        )
        with pytest.raises(errors.RaiseException):
            connection.execute(
                "update access.accounts set revoked_at = null where account_id = %s", (account_id,)
            )
