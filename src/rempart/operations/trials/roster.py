"""What the test identity provider is given: the certainty that this is a sandbox, and a list to choose from.

The provider speaks to no database: it signs for whomever its page is told, which is why it exists in a sandbox only. The list is
a file that the operator's commands write again after each registration; without it the page still takes a number.
"""

from contextlib import closing

import msgspec
import psycopg
from psycopg.rows import TupleRow

from rempart.adapters import clock
from rempart.domain.errors.trials import SandboxOnly
from rempart.limits import LISTED_PROFESSIONALS_MAX
from rempart.settings import Settings
from rempart.store import register
from rempart.store.database import connect_sync
from rempart.store.software import environment_of

FILE_NAME = "test-provider.json"
_READABLE_BY_ALL = 0o644  # nobody in it exists, and the provider's own user must read it


class Listed(msgspec.Struct, frozen=True):
    """A professional who can be chosen on the provider's page."""

    rpps: str
    name: str
    profession: str
    finess: str
    organisation: str


def require_sandbox(settings: Settings) -> None:
    """Refuse to go on unless this process and its database both say that this is a sandbox. Refuses: SandboxOnly."""
    if not settings.is_sandbox:
        raise SandboxOnly
    with closing(connect_sync(settings, "operator")) as connection:
        if environment_of(connection) != "sandbox":
            raise SandboxOnly


def publish_roster(settings: Settings, connection: psycopg.Connection[TupleRow]) -> None:
    """Write the list anew, in a sandbox; do nothing elsewhere."""
    if not settings.is_sandbox:
        return
    listed = [
        Listed(one.rpps, one.name, one.profession, one.finess, one.organisation or "")
        for one in register.list_professionals(connection, LISTED_PROFESSIONALS_MAX)
        if one.finess is not None and one.struck_off_at is None
    ]
    path = settings.runtime / FILE_NAME
    draft = path.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(listed))
    draft.chmod(_READABLE_BY_ALL)
    draft.replace(path)


def now_s() -> float:
    """Give the present instant, in seconds since 1970."""
    return clock.now_s()


def read_roster(settings: Settings) -> list[Listed]:
    """Read the list; an empty one if nobody was registered yet."""
    try:
        return msgspec.json.decode((settings.runtime / FILE_NAME).read_bytes(), type=list[Listed])
    except (OSError, msgspec.DecodeError):
        return []
