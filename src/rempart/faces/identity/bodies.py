"""Read bodies: small, of the announced type, with each member once and of the right kind."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from rempart.domain.errors.requests import BodyMalformed, BodyOversize, BodyTypeWrong
from rempart.domain.errors.token_exchange import TokenRequestRefused
from rempart.limits import REQUEST_BODY_MAX_BYTES, TOKEN_PARAMETERS_MAX

Content = TypeVar("Content")


async def read_json(request: Request, kind: type[Content]) -> Content:
    """Read a JSON body of a given shape. Refuses: RequestUnreadable, with the path to the member."""
    if _media_type(request) != "application/json":
        raise BodyTypeWrong("Content-Type")
    try:
        return msgspec.json.decode(await _read(request), type=kind)
    except msgspec.ValidationError as error:
        _, _, path = str(error).partition(" - at `$")
        raise BodyMalformed(path.strip("`.")) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyMalformed from None


async def read_form(request: Request) -> dict[str, str]:
    """Read an urlencoded form; refuse a parameter that comes twice (RFC 6749 3.2); an empty one was not sent."""
    if _media_type(request) != "application/x-www-form-urlencoded":
        raise BodyTypeWrong("Content-Type")
    try:
        pairs = parse_qsl(
            (await _read(request)).decode(),
            strict_parsing=True,
            errors="strict",
            max_num_fields=TOKEN_PARAMETERS_MAX,
        )
    except ValueError:  # not UTF-8, not a form, or too many parameters
        raise BodyMalformed from None
    form: dict[str, str] = {}
    for name, content in pairs:
        if name in form:
            raise TokenRequestRefused(name if name.isidentifier() else "")
        form[name] = content
    return form


async def _read(request: Request) -> bytes:
    """Read a body up to the maximum, whatever length it announces."""
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > REQUEST_BODY_MAX_BYTES:
                raise BodyOversize
    except ClientDisconnect:
        raise BodyMalformed from None
    return bytes(content)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
