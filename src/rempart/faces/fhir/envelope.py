"""The HTTP envelope of a request: what its headers ask for, and its body, read within a bound.

Never: read a body beyond limits.REQUEST_BODY_MAX_BYTES, or wait for one for ever.

Sources: RFC 9110 (Accept, Content-Type), https://hl7.org/fhir/R4/http.html#mime-type, draft-ietf-httpapi-idempotency-key-header
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs

from msgspec import Struct

from rempart.faces.fhir.errors import (
    AnswerTypeRefused,
    BodyEncodingRefused,
    BodyInterrupted,
    BodyMissing,
    BodyTooLarge,
    BodyTypeRefused,
    IdempotencyKeyMalformed,
)
from rempart.faces.wording import Language, language_of
from rempart.limits import IDEMPOTENCY_KEY_MAX_CHARS, REQUEST_BODY_MAX_BYTES, REQUEST_BODY_MAX_S

Headers = list[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FHIR_JSON: Final = b"application/fhir+json"
JSON: Final = b"application/json"

_SPOKEN: Final = {
    "application/fhir+json": FHIR_JSON,
    "application/json": JSON,
    "json": FHIR_JSON,  # the short form of the `_format` parameter
    "text/json": JSON,
    "application/*": FHIR_JSON,
    "*/*": FHIR_JSON,
}
_READ: Final = ("application/fhir+json", "application/json")
_FHIR_VERSIONS: Final = ("4.0", "4.0.1")


class Envelope(Struct):
    """What the headers of a request say."""

    answer_type: bytes | None = FHIR_JSON
    language: Language = Language.FRENCH
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: bytes = b""
    idempotency_key: bytes | None = None
    has_two_keys: bool = False


def read_envelope(headers: Headers, query: bytes) -> Envelope:
    """Read the headers in one pass; nothing is refused yet, so that a refusal can be said in the caller's language."""
    envelope = Envelope()
    for name, content in headers:
        if name == b"accept":
            envelope.answer_type = answer_type_of(content)
        elif name == b"accept-language":
            envelope.language = language_of(content.decode("latin-1"))
        elif name == b"content-type":
            envelope.content_type = content
        elif name == b"content-length":
            envelope.content_length = content
        elif name == b"content-encoding":
            envelope.content_encoding = content
        elif name == b"idempotency-key":
            envelope.has_two_keys = envelope.idempotency_key is not None
            envelope.idempotency_key = content
    if query:
        for format_ in parse_qs(query).get(b"_format", ()):
            envelope.answer_type = answer_type_of(format_)
    return envelope


def check_envelope(envelope: Envelope) -> str | None:
    """Check what the headers say of the answer and the body; give the idempotency key.

    Refuses: AnswerTypeRefused, BodyTypeRefused, BodyEncodingRefused, BodyTooLarge, IdempotencyKeyMalformed.
    """
    if envelope.answer_type is None:
        raise AnswerTypeRefused("Accept")
    if envelope.content_encoding not in (b"", b"identity"):
        raise BodyEncodingRefused("Content-Encoding")
    refusal = body_type_refusal(envelope.content_type)
    if refusal is not None:
        raise refusal("Content-Type")
    if envelope.content_length.isdigit() and int(envelope.content_length[:18]) > REQUEST_BODY_MAX_BYTES:
        raise BodyTooLarge("Content-Length")
    key = envelope.idempotency_key
    if key is None:
        return None
    if envelope.has_two_keys or not 1 <= len(key) <= IDEMPOTENCY_KEY_MAX_CHARS or not _is_printable(key):
        raise IdempotencyKeyMalformed("Idempotency-Key")
    return key.decode("ascii")


def _is_printable(key: bytes) -> bool:
    return key.isascii() and key.decode("ascii").isprintable()


@lru_cache(maxsize=256)
def answer_type_of(accept: bytes) -> bytes | None:
    """Choose the form of the answer that an Accept header likes best; None where it likes none that we write."""
    best, best_weight = None, 0.0
    for choice in accept.decode("latin-1").lower().split(",")[:32]:
        kind, *parameters = (part.strip() for part in choice.split(";"))
        spoken = _SPOKEN.get(kind or "*/*")
        weight = _weight_of(parameters)
        if spoken is not None and weight > best_weight:
            best, best_weight = spoken, weight
    return best


def _weight_of(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, number = parameter.partition("=")
        if name == "q":
            try:
                return float(number)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=256)
def body_type_refusal(content_type: bytes) -> type[BodyTypeRefused] | type[BodyEncodingRefused] | None:
    """Say what is wrong with a Content-Type; nothing for JSON of FHIR 4.0 in UTF-8."""
    kind, *parameters = (part.strip().lower() for part in content_type.decode("latin-1").split(";"))
    if kind not in _READ:
        return BodyTypeRefused
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        if name == "charset" and text.strip('"') not in ("utf-8", "utf8"):
            return BodyEncodingRefused
        if name == "fhirversion" and text.strip('"') not in _FHIR_VERSIONS:
            return BodyTypeRefused
    return None


async def read_body(receive: Receive) -> bytes:
    """Read a body whole.

    Refuses: BodyTooLarge, BodyInterrupted, BodyMissing.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise BodyInterrupted
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        body = await _read_rest(receive, body)
    return check_body(body)


def check_body(body: bytes) -> bytes:
    """Check that a body is there, within its bound. Refuses: BodyTooLarge, BodyMissing."""
    if len(body) > REQUEST_BODY_MAX_BYTES:
        raise BodyTooLarge
    if not body:
        raise BodyMissing
    return body


async def _read_rest(receive: Receive, first: bytes) -> bytes:
    parts, total = [first], len(first)
    try:
        async with asyncio.timeout(REQUEST_BODY_MAX_S):
            while total <= REQUEST_BODY_MAX_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyInterrupted
                parts.append(message.get("body", b""))
                total += len(parts[-1])
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise BodyInterrupted from None
    return b"".join(parts)
