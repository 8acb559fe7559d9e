"""How a test acts as the system user of a process: in a forked child that drops as the process does."""

import os
import pickle
from collections.abc import Callable
from typing import TypeVar

from rempart.adapters import system_users

Found = TypeVar("Found")


def as_user_of(role: str, act: Callable[[], Found]) -> Found:
    """Run an act as the user of a role, and give what it gives; an exception comes back as itself."""
    read, write = os.pipe()
    process_id = os.fork()
    if process_id == 0:
        os.close(read)
        try:
            system_users.drop_to(role)
            outcome: tuple[bool, object] = (True, act())
        except BaseException as error:  # noqa: BLE001 (whatever it was, the parent hears of it)
            outcome = (False, OSError(f"{type(error).__name__}: {error}"))
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(outcome, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        succeeded, found = pickle.load(pipe)
    os.waitpid(process_id, 0)
    if not succeeded:
        raise found
    return found  # type: ignore[no-any-return]
