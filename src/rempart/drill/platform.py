"""The platform under attack: every process, in the environment `drill`, on ports and in a home of its own; or one that runs.

A home made here is made from nothing and marked; one that is not marked is never emptied.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from rempart.adapters import runtime_home
from rempart.domain.errors.database import DatabaseUnreachable
from rempart.settings import Settings, read_settings
from rempart.store.database import connect_sync
from rempart.store.software import environment_of
from rempart.supervisor.beside import whole_platform

PORT: Final = 18_500
_MARK: Final = "drill"


def fresh_settings(home: Path, port: int = PORT) -> Settings:
    """Empty a drill's home and give the settings of a platform there. Refuses a home that no drill made."""
    if home.exists() and any(home.iterdir()) and not (home / _MARK).is_file():
        sys.exit(f"{home} contient autre chose qu’un exercice\u00a0: donnez un autre dossier avec --home.")
    settings = _settings(home, port)
    shutil.rmtree(settings.runtime, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, mode=0o700)
    (home / _MARK).touch()
    settings = _settings(home, port)
    if settings.runtime != home:  # where a home of this name, deleted by hand, had left its database
        shutil.rmtree(settings.runtime, ignore_errors=True)
    return settings


def running_settings(home: Path, port: int = PORT) -> Settings:
    """Give the settings of a drill's platform that runs already. Refuses one that does not, or is no drill's."""
    settings = _settings(home, port)
    try:
        with closing(connect_sync(settings, "operator")) as connection:
            environment = environment_of(connection)
    except DatabaseUnreachable:
        sys.exit(
            f"Aucune plateforme ne tourne dans {home}\u00a0: lancez-la avec REMPART_ENVIRONMENT=drill rempart serve."
        )
    if environment != "drill":
        sys.exit(
            f"La plateforme de {home} n’est pas une plateforme d’exercice ({environment})\u00a0: rien n’a été fait."
        )
    return settings


def _settings(home: Path, port: int) -> Settings:
    return read_settings(
        {
            "REMPART_ENVIRONMENT": "drill",
            "REMPART_HOME": str(home),
            "REMPART_PORT": str(port),
            "REMPART_HOST": "127.0.0.1",
        }
    )


@contextmanager
def served(settings: Settings) -> Iterator[None]:
    """Run every process for the time of the block; should this one be killed, they end too."""
    runtime_home.prepare(settings)
    with whole_platform(settings, settings.home / "platform.log"):
        yield
