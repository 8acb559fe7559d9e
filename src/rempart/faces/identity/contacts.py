"""The addresses that are told of an account: list, add, confirm, remove."""

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rempart.faces.bodies import read_json
from rempart.faces.identity.endpoints import reception_of
from rempart.operations.notices import manage_contacts
from rempart.security.admission import AdmittedCaller


class _Address(msgspec.Struct, forbid_unknown_fields=True):
    address: str


class _Code(msgspec.Struct, forbid_unknown_fields=True):
    code: str


async def list_contacts(request: Request, caller: AdmittedCaller) -> Response:
    """List the caller's contacts."""
    found = await manage_contacts.list_contacts(reception_of(request), caller)
    listed = [
        {
            "contact_id": contact.contact_id,
            "address": contact.address,
            "is_confirmed": contact.is_confirmed,
            "added_at": contact.added_at.isoformat(),
        }
        for contact in found
    ]
    return JSONResponse({"contacts": listed})


async def add(request: Request, caller: AdmittedCaller) -> Response:
    """Add an address; a code goes to it."""
    body = await read_json(request, _Address)
    contact_id = await manage_contacts.add_contact(reception_of(request), caller, body.address)
    return JSONResponse({"contact_id": contact_id}, 201)


async def confirm(request: Request, caller: AdmittedCaller) -> Response:
    """Confirm an address by its code."""
    body = await read_json(request, _Code)
    contact_id = request.path_params["contact_id"]
    await manage_contacts.confirm_contact(reception_of(request), caller, contact_id, body.code)
    return Response(status_code=204)


async def remove(request: Request, caller: AdmittedCaller) -> Response:
    """Remove an address."""
    await manage_contacts.remove_contact(reception_of(request), caller, request.path_params["contact_id"])
    return Response(status_code=204)
