"""What a client can learn before it has anything: the metadata of this authorization server, and the page of an error.

The same document stands under both well-known names, for clients look for either. It names what there is and nothing else:
there is no authorization endpoint here, the professional signs in at the identity provider.

Sources: RFC 8414, OpenID Connect Discovery 1.0 3, RFC 9449 5.1, RFC 9728 4.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from rempart.faces.identity.endpoints import reception_of
from rempart.faces.identity.problems import kinds_of_error, sentence_of_kind
from rempart.faces.identity.tokens import GRANT_TYPE
from rempart.security.assertions.signatures import STATEMENT_ALGORITHMS
from rempart.security.dpop import PROOF_ALGORITHMS

_KEEP = {"Cache-Control": "public, max-age=300"}


async def metadata(request: Request) -> Response:
    """Describe this authorization server."""
    issuer = reception_of(request).issuer
    described = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/oauth/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(STATEMENT_ALGORITHMS),
        "grant_types_supported": [GRANT_TYPE],
        "response_types_supported": [],
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "protected_resources": [f"{request.app.state.fhir_url}/fhir"],
    }
    return JSONResponse(described, headers=_KEEP)


async def error_page(request: Request) -> Response:
    """Say in a sentence what an error code means: where `error_uri` leads."""
    code = request.path_params["code"]
    for kind in kinds_of_error():
        if kind.code == code:
            return PlainTextResponse(f"{code}\n\n{sentence_of_kind(kind)}\n", headers=_KEEP)
    return PlainTextResponse("There is no such code.\n", status_code=404)


async def health(_: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})
