"""The command line: `rempart VERB …`. One file for each family of commands; each is imported only when it is called.

Every command but `database shell` takes `--json`, and then answers with one line of JSON. A refusal is one sentence on the error
output: what was wrong, where, what to do; with `--json`, it is an answer too, whose `verdict` is `refused`. The exit status is
then 1, and 2 where the words of the command cannot be understood.
"""

import sys
from collections.abc import Sequence

from cyclopts import App

from rempart.supervisor.complaints import plainly_told

app = App(
    name="rempart",
    help="Rempart: tiers payant on which stolen logins take nothing worth having.",
    version_flags=[],
)

app.command(
    "rempart.cli.operate.containment:app", name="containment", help="What is cut: start, list, release."
)
app.command(
    "rempart.cli.cards:app",
    name="cards",
    help="Cards, on the insurer's own machine: make their secrets and codes.",
)
app.command(
    "rempart.cli.operate.canary:app",
    name="canary",
    help="People who do not exist, in lists that may be stolen: plant, list, retire.",
)
app.command(
    "rempart.cli.database:app", name="database", help="The database: make it, start it, stop it, look inside."
)
app.command(
    "rempart.cli.demo:app",
    name="demo",
    help="A day's story on made-up people, from the member files to an answer.",
)
app.command(
    "rempart.cli.operate.detectors:app",
    name="detectors",
    help="The detectors: list, export, fit, change the rules.",
)
app.command(
    "rempart.cli.drill.commands:app",
    name="drill",
    help="Attack a platform made for it, and measure what is taken.",
)
app.command("rempart.cli.feed.commands:app", name="feed", help="Member files: load, approve, list.")
app.command("rempart.cli.insurer:app", name="insurer", help="Insurers: register, list.")
app.command("rempart.cli.operate.jobs:app", name="jobs", help="Jobs of the worker: list, try again.")
app.command("rempart.cli.keyring:app", name="keyring", help="Keys: make them, list their names.")
app.command(
    "rempart.cli.register.operator:app",
    name="operator",
    help="Operators of the console: invite, list, dismiss, begin again.",
)
app.command(
    "rempart.cli.people:app", name="people", help="People who do not exist, for trials and measurements."
)
app.command(
    "rempart.cli.register.professional:app",
    name="professional",
    help="Professionals: register, invite, list, strike off.",
)
app.command(
    "rempart.cli.operate.proposal:app",
    name="proposal",
    help="What waits for the signatures of two operators: list, withdraw.",
)
app.command(
    "rempart.cli.register.provider:app", name="provider", help="Identity providers whose word is taken."
)
app.command("rempart.cli.register.public:app", name="register", help="Public registers: load, approve, list.")
app.command(
    "rempart.cli.serve:app", name="serve", help="Run the platform: every process, or only those named."
)
app.command(
    "rempart.cli.register.software:app", name="software", help="Software that may ask: register, revoke."
)
app.command(
    "rempart.cli.presence.standing:app",
    name="standing",
    help="Standing authorisations, on the insurer's word: list, revoke.",
)
app.command(
    "rempart.cli.operate.status:app",
    name="status",
    help="The public status page: publish, list, end a message.",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that was typed, or the one given."""
    typed = sys.argv[1:] if arguments is None else arguments
    try:
        with plainly_told("rempart", as_json="--json" in typed):
            _run_to_the_last_byte(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("rempart: interrompu\n")
        sys.exit(130)


def _run_to_the_last_byte(arguments: Sequence[str] | None) -> None:
    """Run a command, and write what it said here: at the interpreter's end, nobody could tell that nobody reads it."""
    try:
        app(arguments)
    finally:
        sys.stdout.flush()
