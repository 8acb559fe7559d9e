"""The staff of a titulaire: list, invite, revoke."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rempart.domain.access import StaffMember
from rempart.faces.bodies import read_json
from rempart.faces.identity.endpoints import reception_of
from rempart.operations import manage_staff
from rempart.security.admission import AdmittedCaller


class _Name(msgspec.Struct, forbid_unknown_fields=True):
    display_name: str


async def list_staff(request: Request, caller: AdmittedCaller) -> Response:
    """List the caller's staff, and say whether it may grow now."""
    staff = await manage_staff.list_staff(reception_of(request), caller)
    enrolment = {
        "refusal": staff.refusal,
        "opens_at": staff.opens_at.isoformat() if staff.opens_at else None,
    }
    return JSONResponse({"staff": [_member(member) for member in staff.members], "enrolment": enrolment})


async def invite(request: Request, caller: AdmittedCaller) -> Response:
    """Invite a named member; the link is shown this once."""
    body = await read_json(request, _Name)
    invitation = await manage_staff.invite_staff(reception_of(request), caller, body.display_name)
    told = {
        "account_id": invitation.account_id,
        "display_name": invitation.display_name,
        "code": invitation.code,
        "link": invitation.link,
        "expires_at": invitation.expires_at.isoformat(),
    }
    return JSONResponse(told, 201)


async def revoke(request: Request, caller: AdmittedCaller) -> Response:
    """Revoke a member, with all that is his."""
    await manage_staff.revoke_staff(reception_of(request), caller, request.path_params["account_id"])
    return Response(status_code=204)


def _member(member: StaffMember) -> dict[str, Any]:
    return {
        "account_id": member.account_id,
        "display_name": member.display_name,
        "state": "active" if member.is_active else "invited",
        "invited_at": member.invited_at.isoformat(),
        "last_used_at": member.last_used_at.isoformat() if member.last_used_at else None,
    }
