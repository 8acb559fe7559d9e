"""The headers that every answer of a face with pages carries: what a page may load, whom it may speak to, who may frame it.

Nothing inline, nothing from elsewhere, no form that a browser sends by itself (its fields would stand in an address), and no
script may turn text into markup.

Sources: https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/, https://www.w3.org/TR/webauthn-3/#sctn-permissions-policy
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "max-age=63072000; includeSubDomains"


def security_headers(own_url: str, identity_url: str = "") -> dict[str, str]:
    """Compose the headers of the face known at `own_url`, whose scripts speak to it and to the identity process alone."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        f"connect-src 'self' {identity_url}".rstrip(),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "publickey-credentials-create=(self), publickey-credentials-get=(self), clipboard-write=(self), "
            "camera=(), microphone=(), geolocation=(), usb=(), payment=()"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if own_url.startswith("https://"):
        headers["Strict-Transport-Security"] = HSTS
    return headers


class SecurityHeaders:
    """Adds the headers to each answer, errors included."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what is sent back with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)
