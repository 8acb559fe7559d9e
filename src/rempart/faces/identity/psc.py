"""Sign-in by Pro Santé Connect, where it is connected: leave, come back, choose a place. No cookie; each act carries a proof.

Shapes are in docs/reference/identity.md.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rempart.domain.identifiers import parse_finess
from rempart.faces.bodies import read_json
from rempart.faces.identity.browser import session_json
from rempart.faces.identity.endpoints import answered, proof_of, reception_of
from rempart.faces.wording import Language
from rempart.limits import PSC_TEXT_MAX_CHARS
from rempart.operations.open_browser_session import BrowserSession
from rempart.operations.psc import sign_in
from rempart.operations.psc.sign_in import PlacesOffered, Returned
from rempart.security.psc.provider import PscProvider

RETURN_PATHS = {Language.FRENCH: "/psc", Language.ENGLISH: "/en/psc"}
"""The pages of the portal to which the provider sends a browser back; both are registered there."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=PSC_TEXT_MAX_CHARS)]


class _Begun(msgspec.Struct, forbid_unknown_fields=True):
    language: Language


class _Returned(msgspec.Struct, forbid_unknown_fields=True):
    code: Text
    state: Text
    iss: Text | None = None


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    choice: Text
    finess: str


def routes(provider: PscProvider) -> list[Route]:
    """List the addresses of a platform that is connected."""

    async def begin(request: Request) -> Response:
        proof = proof_of(request)
        body = await read_json(request, _Begun)
        reception = reception_of(request)
        redirect_uri = reception.portal_url + RETURN_PATHS[body.language]
        return JSONResponse({"address": await sign_in.begin(reception, provider, redirect_uri, proof)})

    async def finish(request: Request) -> Response:
        proof = proof_of(request)
        body = await read_json(request, _Returned)
        returned = Returned(body.code, body.state, body.iss)
        return _told(
            await sign_in.finish(reception_of(request), provider, returned, proof, _user_agent(request))
        )

    return [
        Route("/browser/psc", answered(begin), methods=["POST"]),
        Route("/browser/psc/return", answered(finish), methods=["POST"]),
        Route("/browser/psc/place", answered(choose), methods=["POST"]),
    ]


async def choose(request: Request) -> Response:
    """Open the session at the place that was chosen."""
    proof = proof_of(request)
    body = await read_json(request, _Choice)
    finess = parse_finess(body.finess, "finess")
    return _told(
        await sign_in.choose_place(reception_of(request), body.choice, finess, proof, _user_agent(request))
    )


def _told(outcome: BrowserSession | PlacesOffered) -> Response:
    if isinstance(outcome, BrowserSession):
        return JSONResponse(session_json(outcome))
    places = [{"finess": finess, "name": name} for finess, name in outcome.places]
    return JSONResponse({"choice": outcome.choice, "places": places})


def _user_agent(request: Request) -> str:
    return request.headers.get("user-agent", "")
