"""`POST /oauth/token`: a software exchanges the token that names its professional for one of ours.

Sources: RFC 8693, RFC 7523, RFC 9449 5; the demo and `docs/reference/identity.md` show the whole exchange.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rempart.domain.errors import RempartError
from rempart.domain.errors.token_exchange import (
    GrantTypeUnsupported,
    ScopeUnknown,
    TargetUnknown,
    TokenRequestRefused,
)
from rempart.domain.identifiers import parse_finess
from rempart.faces.identity.endpoints import proof_of, reception_of, throttle
from rempart.faces.identity.forms import read_form
from rempart.faces.identity.problems import NO_STORE, bug_of, oauth_problem
from rempart.operations.exchange_token import ExchangeRequest, exchange_token

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name of a standard)
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a name of a standard)


async def token(request: Request) -> Response:
    """Answer a token request; a refused one counts against its address, a granted one does not."""
    try:
        return await _exchange(request)
    except RempartError as error:
        return _refuse(request, error)
    except Exception as error:  # noqa: BLE001 (the last net: nothing of it leaves the house)
        return _refuse(request, bug_of(error))


async def _exchange(request: Request) -> Response:
    form = await read_form(request)
    if form.get("grant_type") != GRANT_TYPE:
        raise GrantTypeUnsupported("grant_type")
    _require(form, "client_assertion_type", ASSERTION_TYPE)
    _require(form, "subject_token_type", ID_TOKEN_TYPE)
    _allow(form, "requested_token_type", ACCESS_TOKEN_TYPE)
    _refuse_targets(form, request.app.state.fhir_url)
    if "actor_token" in form:
        raise TokenRequestRefused("actor_token")
    if "scope" in form:
        raise ScopeUnknown("scope")
    asked = ExchangeRequest(
        client_id=form.get("client_id"),
        client_assertion=_needed(form, "client_assertion"),
        subject_token=_needed(form, "subject_token"),
        organisation=parse_finess(form["organization"], "organization") if "organization" in form else None,
    )
    issued = await exchange_token(reception_of(request), asked, proof_of(request))
    body = {
        "access_token": issued.access_token,
        "issued_token_type": ACCESS_TOKEN_TYPE,
        "token_type": "DPoP",
        "expires_in": issued.expires_in_s,
    }
    return JSONResponse(body, headers=NO_STORE)


def _refuse(request: Request, error: RempartError) -> Response:
    issuer = reception_of(request).issuer
    try:
        throttle(request)
    except RempartError as too_many:
        return oauth_problem(too_many, issuer)
    return oauth_problem(error, issuer)


def _needed(form: dict[str, str], name: str) -> str:
    if name not in form:
        raise TokenRequestRefused(name)
    return form[name]


def _require(form: dict[str, str], name: str, content: str) -> None:
    if form.get(name) != content:
        raise TokenRequestRefused(name)


def _allow(form: dict[str, str], name: str, content: str) -> None:
    if form.get(name, content) != content:
        raise TokenRequestRefused(name)


def _refuse_targets(form: dict[str, str], fhir_url: str) -> None:
    """Refuse a token for another service than the FHIR face, by either name of RFC 8693 2.1."""
    for name in ("resource", "audience"):
        if name in form and form[name].rstrip("/") not in (fhir_url, f"{fhir_url}/fhir"):
            raise TargetUnknown(name)
