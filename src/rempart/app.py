"""Where things are plugged together: which processes a platform has, under which role, behind which port.

A face gives a factory `build(settings) -> ASGI application` in its own app module. The factory reads
everything it needs from the disk (modules, pages, words): after it, the process drops to its own user, who
may be unable to read any of it. What needs that user's powers (database, keyring) is opened in the
application's lifespan startup.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from rempart.settings import Settings

Application = Callable[..., Any]
"""An ASGI application."""


@dataclass(frozen=True, slots=True)
class Face:
    """A process that speaks HTTP: the role it takes, its factory, its port after the first one, how many share it."""

    role: str
    factory: str
    port_offset: int
    workers: Callable[[Settings], int] = lambda _: 1
    is_for_sandbox_only: bool = False


FACES: dict[str, Face] = {
    "identity": Face("identity", "rempart.faces.identity.app:build", 1),
    "fhir": Face("fhir", "rempart.faces.fhir.app:build", 0, lambda settings: settings.fhir_workers),
    "portal": Face("portal", "rempart.faces.portal.app:build", 2),
    "console": Face("console", "rempart.faces.console.app:build", 3),
    "counter": Face("counter", "rempart.faces.counter.app:build", 4),
    "public": Face("public", "rempart.faces.public.app:build", 5),
    "test-insurer": Face("test-insurer", "rempart.faces.test_insurer.app:build", 8, is_for_sandbox_only=True),
    "test-provider": Face(
        "test-provider", "rempart.faces.test_provider.app:build", 9, is_for_sandbox_only=True
    ),
}

KEYRING = "keyring"
WORKER = "worker"

PROCESSES = (KEYRING, WORKER, *FACES)
"""The names that `rempart serve --only` knows, in the order in which they start."""


def processes_of(settings: Settings) -> tuple[str, ...]:
    """List the processes of a platform: those for a sandbox exist nowhere else."""
    return tuple(
        name
        for name in PROCESSES
        if name not in FACES or settings.is_sandbox or not FACES[name].is_for_sandbox_only
    )


def preload(names: Iterable[str]) -> None:
    """Import the faces once for all their processes: a start takes a third of the time, and so does every restart."""
    for name in names:
        if name in FACES:
            with suppress(ImportError):  # the process that needs it will say what is wrong with it
                import_module(FACES[name].factory.partition(":")[0])


def build_face(name: str, settings: Settings) -> Application:
    """Import a face and build its application. Refuses: a sandbox's face in another environment."""
    face = FACES[name]
    if face.is_for_sandbox_only and not settings.is_sandbox:
        raise SystemExit(f"{name} n’existe que dans un bac à sable\u202f; ici, {settings.environment}.")
    module, _, factory = face.factory.partition(":")
    return cast("Application", getattr(import_module(module), factory)(settings))
