"""`rempart serve`: run the platform."""

import os
import sys
from typing import Annotated

from cyclopts import App, Parameter

from rempart.supervisor.environment import needed_of

app = App(name="serve", help="Run the platform: every process, or only those named.")


@app.default
def serve(
    *, only: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (), json: bool = False
) -> None:
    """Run the platform until told to stop.

    Parameters
    ----------
    only
        The processes to run here; all of them if none is named.
    json
        Say in one line of JSON when everything answers.
    """
    # A fresh image of the program: what this command imported (a feed's vectors, and their threads) is not to be forked.
    arguments = [*only, *(["--json"] if json else [])]
    command = [sys.executable, "-m", "rempart.supervisor", *arguments]
    os.execve(sys.executable, command, needed_of(os.environ))  # noqa: S606 (our own program)
