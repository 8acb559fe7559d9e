"""Read the urlencoded form of a token request: each parameter once."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from rempart.domain.errors.requests import BodyMalformed
from rempart.domain.errors.token_exchange import TokenRequestRefused
from rempart.faces.bodies import read_body
from rempart.limits import TOKEN_PARAMETERS_MAX

FORM = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> dict[str, str]:
    """Read an urlencoded form; refuse a parameter that comes twice (RFC 6749 3.2); an empty one was not sent."""
    body = await read_body(request, FORM)
    try:
        pairs = parse_qsl(
            body.decode(), strict_parsing=True, errors="strict", max_num_fields=TOKEN_PARAMETERS_MAX
        )
    except ValueError:  # not UTF-8, not a form, or too many parameters
        raise BodyMalformed from None
    form: dict[str, str] = {}
    for name, content in pairs:
        if name in form:
            raise TokenRequestRefused(name if name.isidentifier() else "")
        form[name] = content
    return form
