"""POST /fhir/CoverageEligibilityRequest/$submit: the hot path, bare ASGI.

The proof is verified, the body read, the gate asked, the answer written. Each step allocates little: this runs for each of the
platform's questions, on the same two cores as the database.

Never: decide anything about the caller or the person; log what was sent.
"""

import secrets
import traceback
from typing import Final

import structlog

from rempart.domain.errors import Bug, RempartError
from rempart.domain.rights import RightsAnswer
from rempart.faces.fhir.answering import outcome_of_answer, outcome_of_error, response_of
from rempart.faces.fhir.envelope import (
    Envelope,
    Receive,
    Scope,
    Send,
    check_envelope,
    read_body,
    read_envelope,
)
from rempart.faces.fhir.outcomes import row_of_answer, row_of_error
from rempart.faces.fhir.question import question_of
from rempart.faces.fhir.reading import read_request
from rempart.faces.fhir.responding import Headers, ascii_only, description_of, refusal_headers, send_answer
from rempart.faces.wording import Language, words_of_answer
from rempart.operations.query_rights import query_rights
from rempart.security.dpop import ProofVerifier, proof_headers
from rempart.security.gate import Door

log = structlog.get_logger()

PATH: Final = "/fhir/CoverageEligibilityRequest/$submit"


class Submit:
    """Answers one rights question a request."""

    def __init__(self, url: str, metadata_url: str, verifier: ProofVerifier, door: Door) -> None:
        self._url = url
        self._metadata_url = metadata_url
        self._verifier = verifier
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one POST."""
        envelope = read_envelope(scope)
        try:
            answer = await self._ask(scope, receive, envelope)
        except RempartError as error:
            await refuse(send, error, envelope, self._metadata_url)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller gets a reference number and no more)
            await refuse(send, error, envelope, self._metadata_url)
        else:
            await self._tell(send, answer, envelope)

    async def _ask(self, scope: Scope, receive: Receive, envelope: Envelope) -> RightsAnswer:
        authorization, proof = proof_headers(scope["headers"])
        caller = self._verifier.verify_request(authorization, proof, "POST", self._url)
        key = check_envelope(envelope)
        body = await read_body(receive)
        question = question_of(read_request(body), body, key, self._verifier.now_s())
        return await query_rights(question, caller, self._door)

    async def _tell(self, send: Send, answer: RightsAnswer, envelope: Envelope) -> None:
        row = row_of_answer(answer)
        language = envelope.language
        if row is None:
            body = response_of(answer, language, self._verifier.now_s())
            await send_answer(send, 200, body, envelope.answer_type)
            return
        description = ascii_only(words_of_answer(answer, Language.ENGLISH).sentence)
        headers = refusal_headers(row, description, self._metadata_url, answer.retry_after_s)
        body = outcome_of_answer(answer, row, language)
        await send_answer(send, row.status, body, envelope.answer_type, headers)


async def refuse(
    send: Send, error: Exception, envelope: Envelope, metadata_url: str, more: Headers | None = None
) -> None:
    """Say an error as an OperationOutcome; log what is our fault, with the place in the code and never the message."""
    incident = ""
    if not isinstance(error, RempartError) or isinstance(error, Bug):
        incident = secrets.token_hex(8)
        log.error("bug", incident=incident, error=type(error).__name__, at=_places_of(error))
        error = Bug()
    row = row_of_error(type(error))
    headers = refusal_headers(row, description_of(type(error)), metadata_url) + (more or [])
    body = outcome_of_error(error, row, envelope.language, incident)
    await send_answer(send, row.status, body, envelope.answer_type, headers)


def _places_of(error: Exception) -> list[str]:
    """List where an exception passed; its message may hold what was sent, so it is not read."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
