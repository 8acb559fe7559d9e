"""The root of all errors and its three families."""

from typing import ClassVar


class RempartError(Exception):
    """An error with a stable kebab-case code; `place` says where in the input it was found."""

    code: ClassVar[str] = "error"

    def __init__(self, place: str = "") -> None:
        super().__init__(f"{self.code} at {place}" if place else self.code)
        self.place = place

    @property
    def sentence(self) -> str:
        """Say what was wrong, in the first words of its class, for a developer or an operator."""
        return (self.__doc__ or self.code).splitlines()[0]


class Refusal(RempartError):
    """The request cannot be granted as it stands; the caller can act on the code."""

    code = "refused"


class Outage(RempartError):
    """A service that we need did not answer; nothing was decided and nothing was lost."""

    code = "outage"


class Bug(RempartError):
    """Something that should not happen did; only a reference number leaves the house."""

    code = "bug"
