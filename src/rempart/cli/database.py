"""`rempart database`: make, start, stop and look at the database of this platform."""

import subprocess
import sys

from cyclopts import App

from rempart.adapters import postgres_embedded
from rempart.cli.speech import say
from rempart.settings import Settings, read_settings
from rempart.store.database import migrate
from rempart.store.database.roles import OWNER

app = App(name="database", help="The database: make it, start it, stop it, look inside.")


@app.command
def init(*, json: bool = False) -> None:
    """Make the database, its roles and its tables, or bring them up to date; safe to repeat."""
    settings = read_settings()
    with postgres_embedded.running(settings):
        applied = migrate(settings)
    say(
        json,
        {"applied": applied, "environment": settings.environment, "home": str(settings.home)},
        f"La base est à jour ({settings.environment}). Migrations appliquées\u00a0: {len(applied)}.",
    )


@app.command
def start(*, json: bool = False) -> None:
    """Start the embedded server and let it run until `rempart database stop`."""
    settings = _embedded_settings()
    with postgres_embedded.running(settings):
        postgres_embedded.keep(settings, up=True)
    say(
        json, _status(settings), f"PostgreSQL est en marche. Son socket est dans {settings.postgres_sockets}."
    )


@app.command
def stop(*, json: bool = False) -> None:
    """Stop the embedded server now, whoever uses it."""
    settings = _embedded_settings()
    postgres_embedded.keep(settings, up=False)
    postgres_embedded.stop(settings)
    say(json, _status(settings), "PostgreSQL est arrêté.")


@app.command
def status(*, json: bool = False) -> None:
    """Say whether the embedded server runs, and where."""
    settings = _embedded_settings()
    current = _status(settings)
    say(json, current, "PostgreSQL est en marche." if current["running"] else "PostgreSQL est arrêté.")


@app.command
def shell(*arguments: str) -> None:
    """Open PostgreSQL's own shell as the owner of the database; arguments after `--` go to psql."""
    settings = _embedded_settings()
    with postgres_embedded.running(settings):
        program = postgres_embedded.programs_directory(settings) / "psql"
        command = [str(program), "-h", str(settings.postgres_sockets), "-U", f"rempart_{OWNER}"]
        done = subprocess.run([*command, settings.database_name, *arguments], check=False)  # noqa: S603 (psql)
    sys.exit(done.returncode)


def _embedded_settings() -> Settings:
    settings = read_settings()
    if not settings.is_database_embedded:
        raise SystemExit(
            "REMPART_DATABASE_URL désigne une base externe\u00a0: son administrateur la démarre et l’arrête"
        )
    return settings


def _status(settings: Settings) -> dict[str, object]:
    return {
        "running": postgres_embedded.is_running(settings),
        "process": postgres_embedded.server_process(settings),
        "sockets": str(settings.postgres_sockets),
        "files": str(settings.postgres_home),
    }
