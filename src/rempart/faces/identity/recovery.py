"""Guarantors, and giving an account back: see who vouches, name, take back, vouch."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rempart.domain.access import Person
from rempart.faces.bodies import read_json
from rempart.faces.identity.endpoints import reception_of
from rempart.operations.notices import give_back
from rempart.security.admission import AdmittedCaller


class _Account(msgspec.Struct, forbid_unknown_fields=True):
    account_id: int


class _AccountAndCredential(msgspec.Struct, forbid_unknown_fields=True):
    account_id: int
    credential: dict[str, Any]


async def see(request: Request, caller: AdmittedCaller) -> Response:
    """Say who vouches for the caller, who could, and for whom he may."""
    circle = await give_back.see_circle(reception_of(request), caller)
    guarantors = [
        {
            "account_id": guarantor.account_id,
            "display_name": guarantor.display_name,
            "vouches_from": guarantor.vouches_from.isoformat(),
        }
        for guarantor in circle.guarantors
    ]
    told = {
        "guarantors": guarantors,
        "candidates": _people(circle.candidates),
        "wards": _people(circle.wards),
    }
    return JSONResponse(told)


async def name(request: Request, caller: AdmittedCaller) -> Response:
    """Name a guarantor."""
    body = await read_json(request, _Account)
    await give_back.name_guarantor(reception_of(request), caller, body.account_id)
    return JSONResponse({}, 201)


async def remove(request: Request, caller: AdmittedCaller) -> Response:
    """Take the naming of a guarantor back."""
    await give_back.remove_guarantor(reception_of(request), caller, request.path_params["account_id"])
    return Response(status_code=204)


async def begin(request: Request, caller: AdmittedCaller) -> Response:
    """Begin to vouch."""
    return JSONResponse({"publicKey": await give_back.begin_vouching(reception_of(request), caller)})


async def vouch(request: Request, caller: AdmittedCaller) -> Response:
    """Vouch for somebody; the code is shown this once."""
    body = await read_json(request, _AccountAndCredential)
    handed = await give_back.vouch(reception_of(request), caller, body.account_id, body.credential)
    told = {
        "display_name": handed.display_name,
        "code": handed.code,
        "link": handed.link,
        "opens_at": handed.opens_at.isoformat(),
        "expires_at": handed.expires_at.isoformat(),
    }
    return JSONResponse(told, 201)


def _people(found: list[Person]) -> list[dict[str, Any]]:
    return [{"account_id": person.account_id, "display_name": person.display_name} for person in found]
