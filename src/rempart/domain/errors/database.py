"""The database that does not answer, has no room, or is not the one that this code expects."""

from rempart.domain.errors.families import Bug, Outage


class DatabaseUnreachable(Outage):
    """The database did not take the connection, or gave it up."""

    code = "database-unreachable"


class DatabaseOutOfRoom(Outage):
    """The disk of the database is full; what was begun was undone."""

    code = "database-out-of-room"


class MigrationAltered(Bug):
    """A migration that this database has taken is not the one that this code has; `place` names it."""

    code = "migration-altered"


class DatabaseAhead(Bug):
    """The database has taken a migration that this code does not know: the code is older than the data."""

    code = "database-ahead"


class EnvironmentMismatch(Bug):
    """The database was created for another environment (production, sandbox, drill) than the one asked for."""

    code = "environment-mismatch"
