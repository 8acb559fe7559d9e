"""The documented refusals of an account, a session, a proof and a question: each can be met in a sandbox, and how is said here.

`REFUSALS` is what docs/reference/sandbox.md and demo.json tell, and what a test meets one by one. Some need a state that takes
time or an incident to come about: `meet_ahead` brings it about, by the acts of a shop, a thief and an operator where there are
such acts.
"""

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from rempart.domain.rights import Outcome
from rempart.operations import manage_access
from rempart.sandbox.client import UnexpectedAnswer
from rempart.sandbox.people import ORDINARY, whole
from rempart.sandbox.professionals import FROZEN, PHARMACIST, STRUCK_OFF, Professional
from rempart.sandbox.provider_visit import name_professional
from rempart.sandbox.software import Asked, Registration, Software, read_fhir
from rempart.security.tokens import digest_of
from rempart.settings import Settings
from rempart.store.database import connect_sync
from rempart.store.sandbox import end_session_in

TOKEN, FHIR, PORTAL = "POST /oauth/token", "POST /fhir/CoverageEligibilityRequest/$submit", "POST /api/rights"

GUESSES_MAX: Final = 30
"""Far more than the failure detector needs: if nothing is frozen by then, something is wrong."""

_LASTING: Final = timedelta(days=365)
_OVER: Final = timedelta(minutes=-1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: its stable code, its status, where it is met and how."""

    code: str
    status: int
    at: str
    how: str


@dataclass(frozen=True, slots=True)
class StateAhead:
    """Tokens whose sessions are in a state that takes time to come about, by the code that they meet.

    `guesses` is how many questions the thief of the frozen account had answered before it was frozen.
    """

    tokens: dict[str, str]
    guesses: int


REFUSALS: Final = (
    Refusal("client-refused", 401, TOKEN, "sign the client assertion by another key, or name a software that nobody registered"),
    Refusal("client-assertion-stale", 401, TOKEN, "let the assertion expire, or write one that lives longer than five minutes"),
    Refusal("client-assertion-replayed", 401, TOKEN, "send the same assertion twice"),
    Refusal("proof-missing", 400, TOKEN, "send no DPoP header"),
    Refusal("subject-token-malformed", 400, TOKEN, "send anything but a signed token as subject_token"),
    Refusal("subject-token-issuer-unknown", 400, TOKEN, "sign the subject_token yourself, under an issuer of your own"),
    Refusal("subject-token-signature-wrong", 400, TOKEN, "change one character of the subject_token's signature"),
    Refusal("subject-token-for-another", 400, TOKEN, "sign the professional in for other_software, exchange by software"),
    Refusal("subject-not-admitted", 400, TOKEN, "sign in as the struck-off professional, or as an RPPS that nobody registered"),
    Refusal("place-needed", 400, TOKEN, "sign in as the professional at two places, without the parameter organization"),
    Refusal("token-missing", 401, FHIR, "send no Authorization header"),
    Refusal("token-scheme-wrong", 401, FHIR, "send the access token as Bearer"),
    Refusal("session-unknown", 401, FHIR, "send 43 characters that Rempart did not give"),
    Refusal("session-expired", 401, FHIR, "send the token of sessions.session-expired"),
    Refusal("session-revoked", 401, FHIR, "send the token of sessions.session-revoked: its software was revoked"),
    Refusal("key-mismatch", 401, FHIR, "send your token with a proof by another key, as a thief of the token would"),
    Refusal("proof-missing", 401, FHIR, "send no DPoP header"),
    Refusal("proof-signature-wrong", 401, FHIR, "sign the proof by another key than the one in its header"),
    Refusal("proof-method-wrong", 401, FHIR, "make the proof for GET"),
    Refusal("proof-address-wrong", 401, FHIR, "make the proof for another address"),
    Refusal("proof-token-hash-wrong", 401, FHIR, "make the proof for another token (ath)"),
    Refusal("proof-stale", 401, FHIR, "make the proof two minutes before it is sent (iat)"),
    Refusal("proof-ahead", 401, FHIR, "make the proof two minutes in the future (iat)"),
    Refusal("proof-replayed", 401, FHIR, "send the same proof twice"),
    Refusal("account-frozen", 403, FHIR, "sign in as the frozen professional, or send the token of sessions.account-frozen"),
    Refusal("professional-struck-off", 403, FHIR, "send the token of sessions.professional-struck-off"),
    Refusal("domain-outside-profession", 403, FHIR, "ask about OPTI as the pharmacist"),
    Refusal("care-date-out-of-range", 422, FHIR, "ask about care more than 366 days ahead, or more than 822 days ago"),
    Refusal("insurer-not-served", 422, FHIR, "ask about the AMC number insurer_not_served"),
    Refusal("contained", 403, FHIR, "ask about Zélie"),
    Refusal("presence-required", 403, FHIR, "ask about Pauline without her card"),
    Refusal("presence-required", 429, FHIR, "ask 70 questions without a card at once; Retry-After says how long to wait"),
    Refusal("break-glass-exhausted", 429, FHIR, "break the glass four times in a day"),
    Refusal("presence-requests-exhausted", 429, FHIR, "have somebody asked for a code forty-one times in a day"),
    Refusal("idempotency-conflict", 409, FHIR, "send another body under an Idempotency-Key that was used in the last 24 hours"),
    Refusal("face-not-allowed", 401, PORTAL, "send a software's token to the portal"),
    Refusal("nonce-diverged", 401, PORTAL, "send a proof with a nonce that was used before, as a copy of the browser would"),
)  # fmt: skip


def meet_ahead(settings: Settings, main: Registration, revoked: Registration) -> StateAhead:
    """Bring about the states that a vendor would wait for; give the tokens that lead to them."""
    expired = _sign_in(settings, main, PHARMACIST)
    cut = _sign_in(settings, revoked, PHARMACIST)
    struck_off = _sign_in(settings, main, STRUCK_OFF)
    stolen = _sign_in(settings, main, FROZEN)
    guesses = _guess_until_frozen(stolen)
    with closing(connect_sync(settings, "owner")) as connection:
        end_session_in(connection, digest_of(expired.token), _OVER)
        for lasting in (struck_off, stolen):
            end_session_in(connection, digest_of(lasting.token), _LASTING)
    with closing(connect_sync(settings, "operator")) as connection:
        manage_access.revoke_software(connection, revoked.client_id)
        manage_access.strike_off(connection, STRUCK_OFF.rpps)
    tokens = {
        Outcome.SESSION_EXPIRED.code: expired.token,
        Outcome.SESSION_REVOKED.code: cut.token,
        Outcome.PROFESSIONAL_STRUCK_OFF.code: struck_off.token,
        Outcome.ACCOUNT_FROZEN.code: stolen.token,
    }
    return StateAhead(tokens, guesses)


def _sign_in(settings: Settings, registered: Registration, who: Professional) -> Software:
    software = registered.software(settings)
    identity = name_professional(settings.test_provider_url, registered.client_id, who.rpps)
    software.take_token(settings.identity_url, identity)
    return software


def _guess_until_frozen(stolen: Software) -> int:
    """Ask about numbers that nobody has until the failure detector has seen enough; how many were answered.

    Refuses: UnexpectedAnswer.
    """
    for guesses in range(GUESSES_MAX):
        number = f"1{60 + guesses}0175056995"
        answer = stolen.ask_rights(Asked(ORDINARY, whole(number), f"19{60 + guesses}0102"))
        code, _, _ = read_fhir(answer.content)
        if code == Outcome.ACCOUNT_FROZEN.code:
            return guesses
        if code != Outcome.NOT_CONFIRMED.code:
            raise UnexpectedAnswer(f"à un numéro que nul n’a, il fut répondu {code}")
    raise UnexpectedAnswer(f"{GUESSES_MAX} essais n’ont gelé personne")
