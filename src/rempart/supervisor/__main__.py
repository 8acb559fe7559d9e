"""What `rempart serve` becomes: `python -m rempart.supervisor [NAME ...]`, all processes or those named.

Prints one line of JSON when everything answers, or why it cannot, with --json; a few lines for people without. With
--with-caller it stops when its standard input ends: whoever started it is gone.
"""

import json
import os
import resource
import sys
from contextlib import ExitStack
from pathlib import Path

import structlog

from rempart import app
from rempart.adapters import postgres_embedded, runtime_home, system_users
from rempart.adapters.logging import configure_logging
from rempart.settings import read_settings
from rempart.store.database import migrate
from rempart.supervisor.complaints import plainly_told
from rempart.supervisor.environment import forget_the_administrator, knows_the_administrator, shed_the_callers
from rempart.supervisor.supervise import Supervisor

log = structlog.get_logger()

_NO_WALL = """\
Attention\u00a0: lancé par un utilisateur ordinaire, Rempart n’a pas de mur entre ses processus.
Qui s’empare de l’un a les autres.
Warning: started as an ordinary user, Rempart has no wall between its processes; whoever takes one has the others.
"""


def main(arguments: list[str]) -> None:
    """Run the processes until told to stop."""
    configure_logging("supervisor")
    names = tuple(argument for argument in arguments if not argument.startswith("-"))
    settings = read_settings()
    unknown = set(names) - set(app.processes_of(settings))
    if unknown:
        raise SystemExit(
            f"{', '.join(sorted(unknown))}\u00a0: pas de processus de ce nom en {settings.environment}. "
            f"Il y a\u00a0: {', '.join(app.processes_of(settings))}."
        )
    runtime_home.prepare(settings)
    if not system_users.are_in_force():
        sys.stderr.write(_NO_WALL)
    _allow_many_connections()
    needs_database = names != (app.KEYRING,)
    if not settings.is_database_embedded and knows_the_administrator(os.environ):
        if needs_database:
            migrate(settings)
        forget_the_administrator(sys.argv[1:])
    with ExitStack() as stack:
        if needs_database:
            stack.enter_context(postgres_embedded.running(settings))
        if needs_database and settings.is_database_embedded:
            migrate(settings)
        names = names or app.processes_of(settings)
        app.preload(names)
        supervisor = Supervisor(
            settings,
            names,
            watches_database=needs_database and settings.is_database_embedded,
            caller=sys.stdin.fileno() if "--with-caller" in arguments else None,
        )
        supervisor.run(_tell_json if "--json" in arguments else _tell_people)


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _tell_json(supervisor: Supervisor, seconds: float) -> None:
    facts = {
        "ready_in_s": round(seconds, 2),
        "urls": _urls(supervisor),
        "processes": [
            {"name": name, "process_id": process_id, "memory_mb": memory}
            for name, process_id, memory in _processes(supervisor)
        ],
    }
    _write(json.dumps(facts))


def _tell_people(supervisor: Supervisor, seconds: float) -> None:
    for name, process_id, memory in _processes(supervisor):
        _write(f"  {name:<14} {process_id:>8} {memory:>6.0f} Mo")
    for name, url in _urls(supervisor).items():
        _write(f"  {name:<14} {url}")
    _write(f"Rempart répond ({seconds:.1f} s). Ctrl-C pour arrêter.")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _urls(supervisor: Supervisor) -> dict[str, str]:
    settings = supervisor.settings
    urls = {
        "fhir": f"{settings.fhir_url}/fhir",
        "identity": settings.identity_url,
        "portal": settings.portal_url,
        "counter": settings.counter_url,
        "console": settings.console_url,
        "public": settings.status_url,
        "test-provider": settings.test_provider_url,
        "test-insurer": settings.test_insurer_url,
    }
    running = {post.task.name for post in supervisor.posts}
    return {name: url for name, url in urls.items() if name in running}


def _processes(supervisor: Supervisor) -> list[tuple[str, int, float]]:
    return [
        (post.task.name, post.child.process_id, _memory_mb(post.child.process_id))
        for post in supervisor.posts
        if post.child is not None
    ]


def _memory_mb(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


if __name__ == "__main__":
    with plainly_told("rempart serve", as_json="--json" in sys.argv):
        shed_the_callers(sys.argv[1:])
        main(sys.argv[1:])
