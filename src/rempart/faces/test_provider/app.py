"""A small OpenID provider for the sandbox, a made-up Pro Santé Connect: discovery, keys, a page on which one click signs in.

It vouches for whomever it is told, so it refuses to start unless the process and the database both say that this is a sandbox;
and Rempart, for its part, believes a provider registered for tests in a sandbox alone.

Sources: OpenID Connect Core 1.0 3.1, Discovery 1.0, RFC 7636, RFC 9207 (`iss` in the redirection).
"""

from base64 import b64encode
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rempart.domain.errors.identifiers import IdentifierRefused
from rempart.domain.identifiers import parse_rpps
from rempart.faces.test_provider.grants import AuthorizationRequest, Grants, is_on_this_machine
from rempart.faces.test_provider.page import choice_page, style
from rempart.faces.test_provider.signing import ALGORITHM, ID_TOKEN_LIFE_S, Signer, claims_of
from rempart.limits import REQUEST_BODY_MAX_BYTES
from rempart.operations.trials.roster import now_s, read_roster, require_sandbox
from rempart.settings import Settings

_NO_STORE = {"Cache-Control": "no-store"}
_STYLE_DIGEST = b64encode(sha256(style().encode()).digest()).decode()
_PAGE_HEADERS = _NO_STORE | {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def build(settings: Settings) -> Starlette:
    """Build the provider. Refuses: SandboxOnly."""
    require_sandbox(settings)
    provider = _Provider(settings)
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.key_set),
            Route("/authorize", provider.ask, methods=["GET"]),
            Route("/authorize", provider.grant, methods=["POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo, methods=["GET"]),
            Route("/health", provider.health),
        ]
    )


class _Provider:
    """The endpoints, and what they share: a key, the codes given, the list to choose from."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._issuer = settings.test_provider_url.rstrip("/")
        self._signer = Signer(self._issuer)
        self._grants = Grants()

    async def discovery(self, _: Request) -> Response:
        """Describe this provider."""
        return JSONResponse(
            {
                "issuer": self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "userinfo_endpoint": f"{self._issuer}/userinfo",
                "jwks_uri": f"{self._issuer}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "scope_all"],
                "acr_values_supported": ["eidas1"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def key_set(self, _: Request) -> Response:
        """Publish the key of this process."""
        return JSONResponse(self._signer.key_set)

    async def health(self, _: Request) -> Response:
        """Say that the process answers."""
        return JSONResponse({"status": "ok"}, headers=_NO_STORE)

    async def ask(self, request: Request) -> Response:
        """Show who can be chosen."""
        if _read_authorization(request) is None:
            return _refuse("invalid_request")
        page = choice_page(dict(request.query_params), read_roster(self._settings))
        return HTMLResponse(page, headers=_PAGE_HEADERS)

    async def grant(self, request: Request) -> Response:
        """Send the chosen professional back to the software, with a code."""
        asked = _read_authorization(request)
        form = await _read_form(request)
        try:
            rpps = parse_rpps(form.get("rpps", ""))
        except IdentifierRefused:
            return _refuse("invalid_request")
        if asked is None:
            return _refuse("invalid_request")
        told = {"code": self._grants.give(asked, rpps, now_s()), "iss": self._issuer}
        if asked.state is not None:
            told["state"] = asked.state
        separator = "&" if "?" in asked.redirect_uri else "?"
        return RedirectResponse(f"{asked.redirect_uri}{separator}{urlencode(told)}", 303, _NO_STORE)

    async def token(self, request: Request) -> Response:
        """Exchange a code for a token that names the professional to this software."""
        form = await _read_form(request)
        if form.get("grant_type") != "authorization_code":
            return _refuse("unsupported_grant_type")
        grant = self._grants.take(form.get("code", ""), form, now_s())
        if grant is None:
            return _refuse("invalid_grant")
        places = [one for one in read_roster(self._settings) if one.rpps == grant.rpps]
        id_token = self._signer.id_token(
            grant.rpps, places, grant.request.client_id, grant.request.nonce, int(now_s())
        )
        body = {
            "access_token": self._grants.open_access(grant.rpps, now_s()),
            "token_type": "Bearer",
            "expires_in": ID_TOKEN_LIFE_S,
            "id_token": id_token,
        }
        return JSONResponse(body, headers=_NO_STORE)

    async def userinfo(self, request: Request) -> Response:
        """Say who somebody is, for an access token: the same claims as in the identity token."""
        _, _, token = request.headers.get("authorization", "").partition("Bearer ")
        rpps = self._grants.whose(token, now_s())
        if rpps is None:
            return JSONResponse({"error": "invalid_token"}, 401, _NO_STORE | {"WWW-Authenticate": "Bearer"})
        places = [one for one in read_roster(self._settings) if one.rpps == rpps]
        return JSONResponse(claims_of(rpps, places), headers=_NO_STORE)


def _read_authorization(request: Request) -> AuthorizationRequest | None:
    query = request.query_params
    if query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
        return None
    if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
        return None
    if not query.get("client_id") or not is_on_this_machine(query.get("redirect_uri", "")):
        return None
    return AuthorizationRequest(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        code_challenge=query["code_challenge"],
        state=query.get("state"),
        nonce=query.get("nonce"),
    )


async def _read_form(request: Request) -> dict[str, str]:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > REQUEST_BODY_MAX_BYTES:
            return {}
    return dict(parse_qsl(content.decode(errors="replace"), max_num_fields=16))


def _refuse(error: str) -> Response:
    return JSONResponse({"error": error}, 400, _NO_STORE)
