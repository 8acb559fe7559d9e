"""Read the bodies of requests: small, of the announced type, each member once and of the right kind.

Shared by the faces that speak to browsers; the hot path of the FHIR face has its own. Never: quote what was sent in a refusal.
"""

from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from rempart.domain.errors.requests import BodyMalformed, BodyOversize, BodyTypeWrong
from rempart.limits import REQUEST_BODY_MAX_BYTES

JSON = "application/json"

Content = TypeVar("Content")


async def read_body(request: Request, media_type: str) -> bytes:
    """Read a body of a type up to the maximum, whatever length it announces. Refuses: RequestUnreadable."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise BodyTypeWrong("Content-Type")
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > REQUEST_BODY_MAX_BYTES:
                raise BodyOversize
    except ClientDisconnect:
        raise BodyMalformed from None
    return bytes(content)


def decode_json(body: bytes, kind: type[Content]) -> Content:
    """Decode a JSON body of a given shape. Refuses: BodyMalformed, with the path to the member."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        _, _, path = str(error).partition(" - at `$")
        raise BodyMalformed(path.strip("`.")) from None  # the message itself may quote what was sent
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyMalformed from None


async def read_json(request: Request, kind: type[Content]) -> Content:
    """Read a JSON body of a given shape. Refuses: RequestUnreadable, with the path to the member."""
    return decode_json(await read_body(request, JSON), kind)
