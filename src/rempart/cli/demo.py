"""`rempart demo`: make a sandbox from nothing, tell a day's story on it, then keep serving."""

import json as json_format
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cyclopts import App

from rempart.adapters import postgres_embedded
from rempart.sandbox.story import StoryWentWrong, tell_story
from rempart.sandbox.world import make_world
from rempart.settings import Settings, read_settings
from rempart.supervisor.beside import wait_until_ready

app = App(name="demo", help="A day's story on made-up people, from the member files to an answer.")


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
            "rempart: the demonstration needs a sandbox: set REMPART_ENVIRONMENT=sandbox, and a home of its own"
        )
    say = (lambda _: None) if json else _say
    began = time.perf_counter()
    _forget_last_demo(settings)
    with _platform(settings):
        say(f"La plateforme répond après {time.perf_counter() - began:.0f} s.")
        world = make_world(settings, say)
        say(
            f"{world.rows} lignes de droits chargées, tout est prêt après {time.perf_counter() - began:.0f} s."
        )
        try:
            answers = tell_story(settings, world, say)
        except StoryWentWrong as error:
            sys.exit(f"rempart: {error}")
        seconds = time.perf_counter() - began
        say(f"\n{answers} réponses, chacune avec son reçu, en {seconds:.0f} s.")
        say(f"Tout ce qu'il faut pour essayer : {settings.home}/demo.json")
        if json:
            print(
                json_format.dumps(
                    {"answers": answers, "seconds": round(seconds, 1), "demo": f"{settings.home}/demo.json"}
                )
            )
        if not once:
            _serve(settings)


def _say(line: str) -> None:
    print(line, flush=True)


def _forget_last_demo(settings: Settings) -> None:
    """Start afresh, if what is there is the last demonstration's and nothing else."""
    if not (settings.home / "demo").is_dir():
        return
    if postgres_embedded.is_running(settings):
        sys.exit("rempart: a demonstration runs already in this home; stop it first, or set REMPART_HOME")
    for folder in (settings.postgres_home, settings.keyring_home, settings.home / "demo"):
        shutil.rmtree(folder, ignore_errors=True)
    (settings.home / "demo.json").unlink(missing_ok=True)


@contextmanager
def _platform(settings: Settings) -> Iterator[None]:
    """Run every process for the time of the block."""
    (settings.home / "demo").mkdir(parents=True, exist_ok=True)
    log = (settings.home / "demo" / "platform.log").open("w")
    started = subprocess.Popen(
        [sys.executable, "-m", "rempart.supervisor", "--json"],
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    try:
        wait_until_ready(started)
        yield
    finally:
        started.terminate()
        started.wait()
        log.close()


def _serve(settings: Settings) -> None:
    _say(
        f"\nPortail : {settings.portal_url}\nFHIR :    {settings.fhir_url}/fhir/metadata\nCtrl-C pour arrêter."
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        _say("Arrêt.")
