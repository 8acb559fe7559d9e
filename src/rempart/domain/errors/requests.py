"""Requests that cannot be read, or that are too many."""

from rempart.domain.errors.families import Refusal


class RequestUnreadable(Refusal):
    """The request cannot be read as it should be written."""

    code = "request-unreadable"


class BodyOversize(RequestUnreadable):
    """The body is larger than any question can be."""

    code = "body-oversize"


class BodyMalformed(RequestUnreadable):
    """The body is not what this address reads."""

    code = "body-malformed"


class BodyTypeWrong(RequestUnreadable):
    """The content type is not the one that this address reads."""

    code = "body-type-wrong"


class RequestsTooMany(Refusal):
    """Too many requests came from this address: wait a little."""

    code = "requests-too-many"


class OneTimeCodeRefused(Refusal):
    """A one-time code is eight digits."""

    code = "one-time-code-form"


class ListNameRefused(Refusal):
    """The name of a list is made of capitals, digits, spaces and hyphens, 24 characters at most."""

    code = "list-name-form"
