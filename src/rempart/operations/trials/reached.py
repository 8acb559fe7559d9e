"""What the test insurer is given: the key that our messages are signed with, and whom each reference stands for.

It speaks to no database and to no keyring: a file, written when the sandbox's people are made, is all that it knows.
"""

import msgspec

from rempart.settings import Settings

FILE_NAME = "test-insurer.json"
_READABLE_BY_ALL = 0o644  # nobody in it exists, and the insurer's own user must read it


class Reached(msgspec.Struct, frozen=True):
    """The public key (`whpk_…`), and the names of people by their reference."""

    public_key: str = ""
    names: dict[str, str] = {}


def publish_reached(settings: Settings, reached: Reached) -> None:
    """Write down who can be reached, in a sandbox; do nothing elsewhere."""
    if not settings.is_sandbox:
        return
    path = settings.runtime / FILE_NAME
    draft = path.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(reached))
    draft.chmod(_READABLE_BY_ALL)
    draft.replace(path)


def read_reached(settings: Settings) -> Reached:
    """Read who can be reached; nobody, and no key, if no sandbox was made yet."""
    try:
        return msgspec.json.decode((settings.runtime / FILE_NAME).read_bytes(), type=Reached)
    except (OSError, msgspec.DecodeError):
        return Reached()
