"""POST /fhir/CoverageEligibilityRequest/$submit: the hot path, bare ASGI.

The proof is verified, the body read, the gate asked, the answer written. Each step allocates little: this runs for each of the
platform's questions, on the same two cores as the database. A request that came whole is answered without a task of its own
(supervisor/protocols/short_road.py); one whose body is still coming is an ASGI request like another.

Never: decide anything about the caller or the person; log what was sent.
"""

import secrets
import traceback
from asyncio import Future
from collections.abc import Callable
from typing import Final

import structlog

from rempart.domain.errors import Bug, RempartError
from rempart.domain.rights import RightsAnswer
from rempart.faces.fhir.answering import outcome_of_answer, outcome_of_error, response_of
from rempart.faces.fhir.envelope import (
    Envelope,
    Headers,
    Receive,
    Scope,
    Send,
    check_body,
    check_envelope,
    read_body,
    read_envelope,
)
from rempart.faces.fhir.errors import RequestMalformed
from rempart.faces.fhir.outcomes import row_of_answer, row_of_error
from rempart.faces.fhir.question import question_of
from rempart.faces.fhir.reading import read_request
from rempart.faces.fhir.responding import (
    Said,
    ascii_only,
    description_of,
    refusal_headers,
    said_as,
    send_said,
)
from rempart.faces.wording import Language, words_of_answer
from rempart.operations.query_rights import query_rights
from rempart.security.dpop import ProofVerifier, proof_headers
from rempart.security.gate import Door
from rempart.security.principals import ProvenCaller

log = structlog.get_logger()

PATH: Final = "/fhir/CoverageEligibilityRequest/$submit"


class Submit:
    """Answers one rights question a request."""

    path: Final = PATH.encode()

    def __init__(self, url: str, metadata_url: str, verifier: ProofVerifier, door: Door) -> None:
        self._url = url
        self._metadata_url = metadata_url
        self._verifier = verifier
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one POST whose body may still be on its way."""
        envelope = read_envelope(scope["headers"], scope["query_string"])
        try:
            caller, key = self._check(scope["headers"], envelope)
            said = self._answer(await self._ask(caller, key, await read_body(receive)), envelope)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller gets a reference number and no more)
            said = refusal_of(error, envelope, self._metadata_url)
        await send_said(send, said)

    def answer(self, headers: Headers, body: bytes, reply: Callable[[int, Headers, bytes], None]) -> None:
        """Answer one POST that is here whole: the same, without a task."""
        envelope = read_envelope(headers, b"")

        def answer_later(asked: Future[RightsAnswer]) -> None:
            try:
                said = self._answer(asked.result(), envelope)
            except Exception as error:  # noqa: BLE001 (as above)
                said = refusal_of(error, envelope, self._metadata_url)
            reply(*said)

        try:
            caller, key = self._check(headers, envelope)
            asked = self._ask(caller, key, check_body(body))
        except Exception as error:  # noqa: BLE001 (as above)
            reply(*refusal_of(error, envelope, self._metadata_url))
        else:
            asked.add_done_callback(answer_later)

    def malformed(self) -> Said:
        """Say that what came is no HTTP request."""
        return refusal_of(RequestMalformed(), read_envelope([], b""), self._metadata_url)

    def _check(self, headers: Headers, envelope: Envelope) -> tuple[ProvenCaller, str | None]:
        """Verify who asks, then what the headers announce; give the caller and the idempotency key."""
        authorization, proof = proof_headers(headers)
        caller = self._verifier.verify_request(authorization, proof, "POST", self._url)
        return caller, check_envelope(envelope)

    def _ask(self, caller: ProvenCaller, key: str | None, body: bytes) -> Future[RightsAnswer]:
        question = question_of(read_request(body), body, key, self._verifier.now_s())
        return query_rights(question, caller, self._door)

    def _answer(self, answer: RightsAnswer, envelope: Envelope) -> Said:
        row = row_of_answer(answer)
        language = envelope.language
        if row is None:
            body = response_of(answer, language, self._verifier.now_s())
            return said_as(200, body, envelope.answer_type)
        description = ascii_only(words_of_answer(answer, Language.ENGLISH).sentence)
        headers = refusal_headers(row, description, self._metadata_url, answer.retry_after_s)
        body = outcome_of_answer(answer, row, language)
        return said_as(row.status, body, envelope.answer_type, headers)


def refusal_of(error: Exception, envelope: Envelope, metadata_url: str, more: Headers | None = None) -> Said:
    """Say an error as an OperationOutcome; log what is our fault, with the place in the code and never the message."""
    incident = ""
    if not isinstance(error, RempartError) or isinstance(error, Bug):
        incident = secrets.token_hex(8)
        log.error("bug", incident=incident, error=type(error).__name__, at=_places_of(error))
        error = Bug()
    row = row_of_error(type(error))
    headers = refusal_headers(row, description_of(type(error)), metadata_url) + (more or [])
    body = outcome_of_error(error, row, envelope.language, incident)
    return said_as(row.status, body, envelope.answer_type, headers)


def _places_of(error: Exception) -> list[str]:
    """List where an exception passed; its message may hold what was sent, so it is not read."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
