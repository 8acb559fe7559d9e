"""Every refusal, outage and bug that Rempart can name, in one tree.

    RempartError
    ├── Refusal            the caller can act on it; HTTP 4xx; its code is stable and documented
    ├── Outage             something we depend on did not answer; HTTP 503; the caller may try again
    └── Bug                our fault; HTTP 500; the caller gets a reference number and nothing else

An error says what was wrong, where and what to do. It never carries personal data: not a NIR, a name or a birth date, not
even a part of what was typed. Each face translates these errors in its own table; a house test fails if a row is missing.
"""

from typing import ClassVar


class RempartError(Exception):
    """An error with a stable kebab-case code; `place` says where in the input it was found."""

    code: ClassVar[str] = "error"

    def __init__(self, place: str = "") -> None:
        super().__init__(f"{self.code} at {place}" if place else self.code)
        self.place = place


class Refusal(RempartError):
    """The request cannot be granted as it stands; the caller can act on the code."""

    code = "refused"


class Outage(RempartError):
    """A service that we need did not answer; nothing was decided and nothing was lost."""

    code = "outage"


class Bug(RempartError):
    """Something that should not happen did; only a reference number leaves the house."""

    code = "bug"
