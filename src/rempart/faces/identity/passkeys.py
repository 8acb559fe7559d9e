"""The caller's own passkeys: list, revoke. How one is registered is in browser.py."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rempart.domain.errors.accounts import PasskeyUnknown
from rempart.faces.identity.endpoints import reception_of
from rempart.operations.notices import manage_passkeys
from rempart.security import base64url
from rempart.security.admission import AdmittedCaller


async def list_passkeys(request: Request, caller: AdmittedCaller) -> Response:
    """List the caller's passkeys."""
    found = await manage_passkeys.list_passkeys(reception_of(request), caller)
    listed = [
        {
            "credential_id": base64url.encode(passkey.credential_id),
            "label": passkey.label,
            "created_at": passkey.created_at.isoformat(),
            "last_used_at": passkey.last_used_at.isoformat() if passkey.last_used_at else None,
            "is_in_use": bool(passkey.is_in_use),
        }
        for passkey in found
    ]
    return JSONResponse({"passkeys": listed})


async def revoke(request: Request, caller: AdmittedCaller) -> Response:
    """Revoke one of the caller's passkeys, and the sessions that it opened. Refuses: PasskeyUnknown."""
    try:
        credential_id = base64url.decode(request.path_params["credential_id"].encode())
    except ValueError:
        raise PasskeyUnknown("credential_id") from None
    await manage_passkeys.revoke_passkey(reception_of(request), caller, credential_id)
    return Response(status_code=204)
