"""Put an answer together with the headers that every answer has, and send it over ASGI.

Never: let an answer be kept by a cache, or a challenge say more than RFC 6750 and RFC 9449 ask.
"""

from typing import Final

from rempart.domain.errors import RempartError
from rempart.faces.fhir.envelope import FHIR_JSON, JSON, Headers, Send
from rempart.faces.fhir.outcomes import NO_CREDENTIALS, Row
from rempart.faces.wording import Language, words_of_error
from rempart.security.dpop import PROOF_ALGORITHMS

Said = tuple[int, Headers, bytes]
"""A whole answer: its status, its headers, its body."""

_ALWAYS: Final[Headers] = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_TYPE_HEADERS: Final = {kind: [(b"content-type", kind), *_ALWAYS] for kind in (FHIR_JSON, JSON)}

OUTAGE_RETRY_S: Final = 2
"""When an outage is worth asking again: a database or a keyring is back within a second or two of a restart."""


def said_as(
    status: int, body: bytes, answer_type: bytes | None = FHIR_JSON, more: Headers | None = None
) -> Said:
    """Put together a whole answer: its status, its headers, its body."""
    headers = [*_TYPE_HEADERS[answer_type or FHIR_JSON], (b"content-length", b"%d" % len(body))]
    if more:
        headers += more
    return status, headers, body


async def send_said(send: Send, said: Said) -> None:
    """Send a whole answer over ASGI."""
    status, headers, body = said
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def refusal_headers(row: Row, description: str, metadata_url: str, retry_after_s: int = 0) -> Headers:
    """Make the headers that a refusal's status asks for: the challenge of a 401, the patience of a 429 or a 503."""
    headers: Headers = []
    if row.challenge:
        headers.append((b"www-authenticate", _challenge(row, description, metadata_url)))
    if row.status == 503:
        headers.append((b"retry-after", b"%d" % OUTAGE_RETRY_S))
    elif retry_after_s:
        headers.append((b"retry-after", b"%d" % retry_after_s))
    return headers


def description_of(error: type[RempartError]) -> str:
    """Describe an error for a challenge, which speaks English and ASCII only (RFC 6750 3)."""
    return ascii_only(words_of_error(error, Language.ENGLISH).sentence)


def ascii_only(text: str) -> str:
    """Drop what a quoted string of RFC 6750 may not hold."""
    return text.replace("’", "'").encode("ascii", "ignore").decode().replace('"', "").replace("\\", "")


def _challenge(row: Row, description: str, metadata_url: str) -> bytes:
    said = f'algs="{" ".join(sorted(PROOF_ALGORITHMS))}", resource_metadata="{metadata_url}"'
    if row.challenge != NO_CREDENTIALS:
        said = f'error="{row.challenge}", error_description="{description}", {said}'
    return f"DPoP {said}".encode()
