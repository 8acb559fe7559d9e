"""The FHIR face as an ASGI application: a table of addresses, and the door that is opened when it starts.

Never: import a floor below `operations` and `security`; answer before the door is open.
"""

from collections.abc import Mapping
from typing import Final

import structlog

from rempart.domain.errors import Outage, RempartError
from rempart.faces.fhir import documents, openapi
from rempart.faces.fhir.envelope import JSON, Receive, Scope, Send, read_envelope
from rempart.faces.fhir.errors import AnswerTypeRefused, MethodNotAllowed, PathUnknown
from rempart.faces.fhir.responding import said_as, send_said
from rempart.faces.fhir.submit import PATH, Submit, refusal_of
from rempart.security.dpop import ProofVerifier
from rempart.security.gate import Door
from rempart.settings import Settings

log = structlog.get_logger()

ROLE: Final = "fhir"
"""The database role and the keyring socket of this face."""

HEALTH: Final = "/health"
_READ_ONLY: Final = b"GET, HEAD, OPTIONS"
_POST_ONLY: Final = b"POST, OPTIONS"


def build(settings: Settings) -> "FhirFace":
    """Make the application; its lifespan opens and closes the door."""
    return FhirFace(settings)


class FhirFace:
    """Routes a request to the hot path or to a document made beforehand."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metadata_url = documents.metadata_url(settings)
        self._fhir_documents = {"/fhir/metadata": documents.capability_statement(settings)}
        smart = documents.smart_configuration(settings)
        self._plain_documents: Mapping[str, bytes] = {
            "/.well-known/smart-configuration": smart,
            "/fhir/.well-known/smart-configuration": smart,
            "/.well-known/oauth-protected-resource": documents.protected_resource(settings),
            "/.well-known/oauth-protected-resource/fhir": documents.protected_resource(settings, "/fhir"),
            "/openapi.json": openapi.description(settings),
        }
        self._submit: Submit | None = None

    @property
    def short_road(self) -> Submit | None:
        """The hot path, for requests that come whole; none until the door is open."""
        return self._submit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            if scope["path"] == PATH and scope["method"] == "POST" and self._submit is not None:
                await self._submit(scope, receive, send)
            else:
                await self._serve(scope, send)

    async def _serve(self, scope: Scope, send: Send) -> None:
        """Serve what is not the hot path."""
        envelope = read_envelope(scope["headers"], scope["query_string"])
        path = scope["path"]
        try:
            allowed = self._methods_of(path)
            if scope["method"] == "OPTIONS":
                await send_said(send, said_as(204, b"", more=[(b"allow", allowed)]))
            elif scope["method"].encode("latin-1") not in allowed.split(b", "):
                said = refusal_of(MethodNotAllowed(), envelope, self._metadata_url, [(b"allow", allowed)])
                await send_said(send, said)
            elif path == PATH:
                raise Outage  # the door is not open yet
            elif path in self._fhir_documents:
                if envelope.answer_type is None:
                    raise AnswerTypeRefused("Accept")
                await _send_document(scope, send, self._fhir_documents[path], envelope.answer_type)
            elif path == HEALTH:
                await self._tell_health(scope, send)
            else:
                await _send_document(scope, send, self._plain_documents[path], JSON)
        except RempartError as error:
            await send_said(send, refusal_of(error, envelope, self._metadata_url))

    def _methods_of(self, path: str) -> bytes:
        if path == PATH:
            return _POST_ONLY
        if path == HEALTH or path in self._fhir_documents or path in self._plain_documents:
            return _READ_ONLY
        raise PathUnknown

    async def _tell_health(self, scope: Scope, send: Send) -> None:
        is_open = self._submit is not None
        body = b'{"status":"pass"}' if is_open else b'{"status":"fail"}'
        await _send_document(scope, send, body, JSON, status=200 if is_open else 503)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the door at the start, close it at the end."""
        await receive()
        verifier = ProofVerifier.on_wall_clock()
        try:
            async with Door(self._settings, ROLE) as door:
                self._submit = Submit(f"{self._settings.fhir_url}{PATH}", self._metadata_url, verifier, door)
                await send({"type": "lifespan.startup.complete"})
                await receive()
                self._submit = None
        except RempartError as error:
            log.error("door-did-not-open", code=error.code)  # noqa: TRY400 (the code says it; the trace would say less)
            await send({"type": "lifespan.startup.failed", "message": error.code})
        else:
            await send({"type": "lifespan.shutdown.complete"})


async def _send_document(scope: Scope, send: Send, body: bytes, kind: bytes, *, status: int = 200) -> None:
    if scope["method"] == "HEAD":
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        await send_said(send, (status, headers, b""))
    else:
        await send_said(send, said_as(status, body, kind))
