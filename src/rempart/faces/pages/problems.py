"""What a page is answered when it is not answered: an HTTP status, a code and words for each refusal, outage and bug.

A sentence of faces/wording.py that speaks to a programmer is put here in the words of somebody at a counter. Never: say more of
a bug than its reference number, or repeat what was typed.
"""

import secrets

import msgspec
import structlog
from starlette.responses import Response

from rempart.domain.errors import Outage, Refusal, RempartError
from rempart.domain.errors.access import AccessRefused, TokenRefused
from rempart.domain.errors.requests import BodyOversize, BodyTypeWrong
from rempart.domain.rights import Outcome
from rempart.faces.pages.catalogue import Translate
from rempart.faces.wording import CODES as WORDED
from rempart.faces.wording import Language, words_of

log = structlog.get_logger()

CODES = WORDED
"""Every code that this face can say."""

STATUS_OF_OUTCOME = {
    Outcome.INSURER_NOT_SERVED: 422,
    Outcome.PRESENCE_REQUIRED: 403,
    Outcome.BREAK_GLASS_EXHAUSTED: 429,
    Outcome.PRESENCE_REQUESTS_EXHAUSTED: 429,
    Outcome.CONTAINED: 403,
    Outcome.ACCOUNT_FROZEN: 403,
    Outcome.PROFESSIONAL_STRUCK_OFF: 403,
    Outcome.DOMAIN_OUTSIDE_PROFESSION: 403,
    Outcome.IDEMPOTENCY_CONFLICT: 409,
    Outcome.CARE_DATE_OUT_OF_RANGE: 422,
}

PLACE_OF_OUTCOME = {
    Outcome.INSURER_NOT_SERVED: "amc_number",
    Outcome.DOMAIN_OUTSIDE_PROFESSION: "domain",
    Outcome.CARE_DATE_OUT_OF_RANGE: "care_date",
}
"""The field of the page that a refusal of the gate speaks of, which then takes the focus."""

RETRY_AFTER_S = "2"
"""How soon to come back after an outage: a restart of the database or the keyring takes about that long."""


class Problem(msgspec.Struct, omit_defaults=True):
    """A refusal, an outage or a bug as the page's script reads it."""

    code: str
    kind: str
    sentence: str
    next_step: str
    place: str = ""
    reference: str = ""


def status_of(error: RempartError) -> int:
    """Choose the HTTP status of an error."""
    if isinstance(error, AccessRefused):
        return 401
    if isinstance(error, BodyOversize):
        return 413
    if isinstance(error, BodyTypeWrong):
        return 415
    if isinstance(error, Refusal):
        return 422
    return 503 if isinstance(error, Outage) else 500


def tell(error: Exception, language: Language, _: Translate) -> Response:
    """Answer with an error; one that is not of the house is a bug like any other."""
    if isinstance(error, Refusal | Outage):
        return _tell_named(error, language, _)
    reference = secrets.token_hex(6).upper()
    log.error("bug", reference=reference, error=type(error).__name__, code=getattr(error, "code", "bug"))
    sentence, next_step = words_at_the_counter("bug", language, _)
    next_step = f"{next_step} ({reference})"
    return answer_json(Problem("bug", "bug", sentence, next_step, reference=reference), 500)


def _tell_named(error: RempartError, language: Language, _: Translate) -> Response:
    status = status_of(error)
    kind = {401: "unauthenticated", 503: "outage"}.get(status, "refused")
    families = (getattr(family, "code", "") for family in type(error).__mro__)
    worded = next(code for code in families if code in WORDED)
    sentence, next_step = words_at_the_counter(worded, language, _)
    response = answer_json(Problem(error.code, kind, sentence, next_step, error.place), status)
    if status == 401:
        reason = "invalid_token" if isinstance(error, TokenRefused) else "invalid_dpop_proof"
        response.headers["WWW-Authenticate"] = f'DPoP error="{reason}"'
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_S
    return response


def answer_json(content: msgspec.Struct, status: int) -> Response:
    """Write a structure as a JSON answer that nobody keeps."""
    return Response(
        msgspec.json.encode(content),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def words_at_the_counter(code: str, language: Language, _: Translate) -> tuple[str, str]:
    """Find the sentence and the next step of a code, for somebody who types."""
    words = words_of(code, language)
    next_step = {
        "birth-date-length": _("Tapez le jour, le mois et l’année, par exemple 21111985."),
        "birth-date-year": _("Retapez la date\u00a0: jour, mois, puis l’année à quatre chiffres."),
        "session-unknown": _("Connectez-vous."),
        "session-expired": _("Connectez-vous à nouveau."),
        "key-mismatch": _("Connectez-vous à nouveau."),
        "proof-replayed": _(
            "Connectez-vous à nouveau\u00a0: la question sera reposée sans compter deux fois."
        ),
        "proof-stale": _("Vérifiez l’heure de cet ordinateur, puis recommencez."),
        "proof-ahead": _("Vérifiez l’heure de cet ordinateur, puis recommencez."),
    }.get(code, words.next_step)
    return words.sentence, next_step
