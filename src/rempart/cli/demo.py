"""`rempart demo`: make a sandbox from nothing, tell a day's story on it, then keep serving.

A home holds one demonstration at a time; the next one there starts afresh, whatever became of the last. Never: touch a
database that a demonstration did not make.
"""

import json as json_format
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from babel.numbers import format_decimal
from cyclopts import App

from rempart.adapters import system_users
from rempart.cli.demo_home import alone_in, forget_last_demo, remember_database, require_free_ports
from rempart.domain.errors import RempartError
from rempart.operations.console.ways_in import invite
from rempart.operations.register_insurer import registered_insurers
from rempart.sandbox.client import UnexpectedAnswer
from rempart.sandbox.demo_file import FILE_NAME, write_demo_file
from rempart.sandbox.professionals import OPTICIAN, PHARMACIST, STORY_OPTICIAN
from rempart.sandbox.story.day import NEW_COLLEAGUE, StoryWentWrong, Told, tell_story
from rempart.sandbox.world import Say, make_world
from rempart.settings import Settings, read_settings
from rempart.store.database import connect_sync
from rempart.supervisor.beside import whole_platform
from rempart.supervisor.complaints import told as told_plainly

app = App(name="demo", help="A day's story on made-up people, from the member files to an answer.")

_WORKS_AS = {
    PHARMACIST.name: "pharmacienne",
    OPTICIAN.name: "opticien",
    NEW_COLLEAGUE: f"collaboratrice de {STORY_OPTICIAN.name}",
}

_OPERATORS = ("Nadia Roux", "Hugo Lenoir")

_LAST_LINES = 12
"""How much of the processes' log is shown when they do not start."""


@app.default
def demo(*, once: bool = False, json: bool = False) -> None:
    """Make a sandbox, tell its story, and serve it until told to stop.

    Parameters
    ----------
    once
        Stop after the story.
    json
        Answer with one line of JSON.
    """
    settings = read_settings()
    if not settings.is_sandbox:
        sys.exit(
            "La démonstration demande un bac à sable\u00a0: donnez REMPART_ENVIRONMENT=sandbox, et un REMPART_HOME à elle."
        )
    say: Say = _say_nothing if json else _say
    began = time.perf_counter()
    _stop_on_signals()
    with alone_in(settings):
        forget_last_demo(settings)
        require_free_ports(settings)
        with _platform(settings, say):
            say(f"  La plateforme répond après {time.perf_counter() - began:.0f}\u00a0s.")
            told = _make_and_tell(settings, say, began)
            seconds = time.perf_counter() - began
            say(f"\n{told.answers} réponses, chacune avec son reçu, en {seconds:.0f}\u00a0s.")
            if json:
                _say(_in_json(settings, told, seconds))
            if not once:
                _serve(settings, told, say)


def _make_and_tell(settings: Settings, say: Say, began: float) -> Told:
    """Make the world, tell the story, write demo.json; end with a sentence and status 1 if something is wrong."""
    try:
        if registered_insurers(settings):
            sys.exit(
                "Cette base a déjà des assureurs, et la démonstration part de rien. "
                "Donnez-lui un autre REMPART_HOME ou REMPART_DATABASE_URL."
            )
        world = make_world(settings, say)
        ready_s = time.perf_counter() - began
        rows = format_decimal(world.row_count, locale="fr")
        say(f"  {rows} lignes de droits chargées\u00a0; prêt après {ready_s:.0f}\u00a0s.")
        told = tell_story(settings, world, say)
        write_demo_file(settings, world, told.invitations)
    except (StoryWentWrong, UnexpectedAnswer, OSError) as error:
        sys.exit(f"La démonstration a mal tourné\u00a0: {error}\n{_where(settings)}")
    except RempartError as error:
        sys.exit(f"{told_plainly(error)}\n{_where(settings)}")
    return told


@contextmanager
def _platform(settings: Settings, say: Say) -> Iterator[None]:
    """Run every process for the time of the block; should this one be killed, they end too."""
    say("Rempart, bac à sable\u00a0: personne ici n’existe.\n\nPréparation")
    if not system_users.are_in_force():
        say("  Lancé par un utilisateur ordinaire\u00a0: aucun mur ne sépare les processus.")
        say("  Lancés par root, ils ont chacun leur propre utilisateur.")
    _log_of(settings).parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # member files will lie there
    with ExitStack() as stack:
        try:
            stack.enter_context(whole_platform(settings, _log_of(settings)))
        except SystemExit as refused:
            sys.exit(f"{refused.code}\n{_last_lines(settings)}")
        remember_database(settings)
        yield


def _last_lines(settings: Settings) -> str:
    """Give the end of what the processes said."""
    last = _log_of(settings).read_text(errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join(("Fin du journal des processus\u00a0:", *(f"  {line}" for line in last)))


def _serve(settings: Settings, told: Told, say: Say) -> None:
    say(_how_to_try(settings, told, _operators_invited(settings)))
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("Arrêt.")


def _operators_invited(settings: Settings) -> dict[str, str]:
    """Invite the two operators whom a release takes; give the link of each by name."""
    with connect_sync(settings, "operator") as connection:
        return {
            name: invite(connection, settings.console_url, name, "security", "rempart demo").link
            for name in _OPERATORS
        }


def _how_to_try(settings: Settings, told: Told, operators: dict[str, str]) -> str:
    links = [f"      {name}, {_WORKS_AS[name]}\n      {link}" for name, link in told.invitations.items()]
    return "\n".join(
        [
            "\nÀ vous. Tout reste ouvert.",
            "",
            f"  Le portail, à la main\u00a0: {settings.portal_url}",
            "    Ouvrez une invitation et créez une clé d’accès (téléphone, ordinateur ou clé de sécurité).",
            "    Chacune sert une fois\u00a0:",
            "",
            *links,
            "",
            "    Ou entrez par le faux Pro Santé Connect du bac à sable, sans invitation\u00a0: le second bouton.",
            "",
            *_where_letters_go(settings),
            "    Les personnes à essayer, et ce qui doit être répondu\u00a0: docs/reference/sandbox.md",
            "",
            f"  La console des opérateurs, où l’on voit, comprend et confine\u00a0: {settings.console_url}",
            "    Chacun enregistre sa clé d’accès par son lien, puis se connecte. Il en faut un pour confiner, deux pour lever.",
            *(f"      {name}, sécurité\n      {link}" for name, link in operators.items()),
            "",
            f"  Le comptoir, qui reste ouvert quand le portail est fermé\u00a0: {settings.counter_url}",
            f"  Le faux organisme complémentaire, où les assurés reçoivent codes et avis\u00a0: {settings.test_insurer_url}",
            f"  L’état du service, pour tout le monde\u00a0: {settings.status_url}",
            "",
            f"  L’API FHIR, par un logiciel\u00a0: {settings.fhir_url}/fhir",
            "    La première réponse en cinq minutes\u00a0: docs/guides/first-answer.md",
            f"    Adresses, clés, professionnels, personnes\u00a0: {settings.home / FILE_NAME}",
            "",
            "Ctrl-C pour arrêter.",
        ]
    )


def _in_json(settings: Settings, told: Told, seconds: float) -> str:
    demo_file = str(settings.home / FILE_NAME)
    return json_format.dumps({"answers": told.answers, "seconds": round(seconds, 1), "demo": demo_file})


def _stop_on_signals() -> None:
    """Stop in order on Ctrl-C, on a kill, and when the terminal closes."""

    def stop(_: int, __: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # once is enough: what follows must come to its end
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # whoever started us wants it ignored (nohup)
            signal.signal(number, stop)


def _log_of(settings: Settings) -> Path:
    return settings.home / "demo" / "platform.log"


def _where(settings: Settings) -> str:
    return f"Le journal des processus\u00a0: {_log_of(settings)}"


def _where_letters_go(settings: Settings) -> list[str]:
    """Say where the professionals' letters are, which a sandbox without a mail server writes down."""
    if settings.smtp is not None:
        return []
    return [
        f"    Les courriels aux professionnels (clé nouvelle, logiciel nouveau)\u00a0: {settings.mail_home}"
    ]


def _say(line: str) -> None:
    print(line, flush=True)


def _say_nothing(_: str) -> None:
    pass
