"""A rights question and its answer: the words that every floor shares.

The numbers behind `Presence`, `Domain` and `Outcome` are those of the database (store/migrations); they are never reused.
"""

from datetime import date, datetime
from enum import Enum, IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:  # errors.py speaks of outcomes, and identifiers.py of errors
    from rempart.domain.birth_dates import BirthDate
    from rempart.domain.identifiers import Nir


class Domain(IntEnum):
    """A domain of care, by its bit in the masks of the rights."""

    PHAR = 0  # pharmacy
    MEDE = 1  # doctors
    AUXM = 2  # nurses, physiotherapists and other auxiliaries
    LABO = 3  # laboratories
    RADL = 4  # radiology
    SAGE = 5  # midwives
    TRAN = 6  # sanitary transport
    HOSP = 7  # hospital
    DESO = 8  # dental care
    DEPR = 9  # dental prostheses
    OPTI = 10  # optics
    AUDI = 11  # hearing aids
    DIPR = 12  # devices and other prostheses

    @property
    def bit(self) -> int:
        """The mask in which this domain alone is set."""
        return 1 << self.value


@lru_cache(maxsize=1 << len(Domain))
def domains_of(mask: int) -> tuple[Domain, ...]:
    """List the domains set in a mask, in the order of their bits."""
    return tuple(domain for domain in Domain if mask & domain.bit)


class Presence(IntEnum):
    """How sure we are that the person is there; higher lets a negative answer say more. From CARD on, presence is proven."""

    NONE = 0
    KNOWN_PATIENT = 1
    BREAK_GLASS = 2
    CARD = 3
    CODE = 4  # read out by the person, to whom the insurer sent it
    APPROVAL = 5  # given by the person on the insurer's channel
    STANDING = 6  # the person lets this place ask, for twelve months


class BreakGlassReason(IntEnum):
    """Why a professional asks for the precise state without any proof of presence; coded, so that no text can name anybody."""

    URGENT_CARE = 1
    CARD_FORGOTTEN = 2
    CARD_UNREADABLE = 3
    NEWBORN = 4
    HOME_VISIT = 5  # no scanner reads a card at the patient's home


class Kind(Enum):
    """What an outcome means for the caller's next act."""

    GRANTED = "granted"  # tiers payant may be granted
    PENDING = "pending"  # the person is being asked; the same question again has the answer
    NEGATIVE = "negative"  # it may not, and the answer says as much as the presence allows
    REFUSED = "refused"  # the question was not answered
    ADMITTED = "admitted"  # nobody was asked about
    UNAUTHENTICATED = "unauthenticated"  # the session or the proof does not hold


class Outcome(Enum):
    """What the gate decided: number in the database, stable public code, kind."""

    OPEN = (1, "open", Kind.GRANTED)
    OPENS_ON = (2, "opens-on", Kind.NEGATIVE)
    RENEWAL_IN_PROGRESS = (3, "renewal-in-progress", Kind.NEGATIVE)
    ENDED_ON = (4, "ended-on", Kind.NEGATIVE)
    SUSPENDED = (5, "suspended", Kind.NEGATIVE)
    DOMAIN_NOT_COVERED = (6, "domain-not-covered", Kind.NEGATIVE)
    WITHOUT_TIERS_PAYANT = (7, "without-tiers-payant", Kind.NEGATIVE)
    WAITING_PERIOD = (8, "waiting-period", Kind.NEGATIVE)
    NOT_KNOWN = (9, "not-known", Kind.NEGATIVE)
    NOT_CONFIRMED = (10, "not-confirmed", Kind.NEGATIVE)  # uniform: unknown, ended or wrong, without presence
    INSURER_DATA_STALE = (11, "insurer-data-stale", Kind.NEGATIVE)

    INSURER_NOT_SERVED = (20, "insurer-not-served", Kind.REFUSED)
    PRESENCE_REQUIRED = (21, "presence-required", Kind.REFUSED)
    BREAK_GLASS_EXHAUSTED = (22, "break-glass-exhausted", Kind.REFUSED)
    CONTAINED = (23, "contained", Kind.REFUSED)
    ACCOUNT_FROZEN = (24, "account-frozen", Kind.REFUSED)
    PROFESSIONAL_STRUCK_OFF = (25, "professional-struck-off", Kind.REFUSED)
    DOMAIN_OUTSIDE_PROFESSION = (26, "domain-outside-profession", Kind.REFUSED)
    IDEMPOTENCY_CONFLICT = (27, "idempotency-conflict", Kind.REFUSED)
    CARE_DATE_OUT_OF_RANGE = (28, "care-date-out-of-range", Kind.REFUSED)
    PRESENCE_REQUESTS_EXHAUSTED = (29, "presence-requests-exhausted", Kind.REFUSED)

    ADMITTED = (30, "admitted", Kind.ADMITTED)  # a question about nobody: its caller may go on
    PRESENCE_ASKED = (
        31,
        "presence-asked",
        Kind.PENDING,
    )  # of the person, if there is one: told alike either way

    SESSION_UNKNOWN = (40, "session-unknown", Kind.UNAUTHENTICATED)
    SESSION_EXPIRED = (41, "session-expired", Kind.UNAUTHENTICATED)
    SESSION_REVOKED = (42, "session-revoked", Kind.UNAUTHENTICATED)
    SESSION_IDLE = (43, "session-idle", Kind.UNAUTHENTICATED)
    KEY_MISMATCH = (44, "key-mismatch", Kind.UNAUTHENTICATED)
    PROOF_REPLAYED = (45, "proof-replayed", Kind.UNAUTHENTICATED)
    NONCE_DIVERGED = (
        46,
        "nonce-diverged",
        Kind.UNAUTHENTICATED,
    )  # a copy of the session was used: it is revoked
    PROOF_STALE = (47, "proof-stale", Kind.UNAUTHENTICATED)
    FACE_NOT_ALLOWED = (48, "face-not-allowed", Kind.UNAUTHENTICATED)

    number: int
    code: str
    kind: Kind

    def __init__(self, number: int, code: str, kind: Kind) -> None:
        self.number = number
        self.code = code
        self.kind = kind


OUTCOME_BY_NUMBER: dict[int, Outcome] = {outcome.number: outcome for outcome in Outcome}


class CardSecret(Struct, frozen=True):
    """The secret printed in the QR of a card; its text never shows in a log or a trace."""

    text: str

    def __repr__(self) -> str:
        return "CardSecret(…)"


class OneTimeCode(Struct, frozen=True):
    """The code that a person reads out; its text never shows in a log or a trace."""

    text: str

    def __repr__(self) -> str:
        return "OneTimeCode(…)"


def code_message(amc_number: str, code: OneTimeCode) -> bytes:
    """Compose the message whose HMAC recognises a code: a plain digest of eight digits could be searched."""
    return f"{amc_number}|{code.text}".encode("ascii")


class RightsQuestion(Struct, frozen=True):
    """What a professional asks: may I grant tiers payant to this person, on this day, for this kind of care?

    `nir`, `birth_date` and `birth_rank` are already validated; `domain` None means the profession's own, `care_date` None
    today where the shop is. `asked_for` (CODE or APPROVAL) has the person asked through the insurer; `standing_list` keeps a
    standing authorisation, in a list that the place names, once presence is proven. `idempotency_key` and `body` come together:
    the same key with another body is refused.
    """

    amc_number: str
    nir: "Nir"
    birth_date: "BirthDate"
    birth_rank: int
    domain: Domain | None = None
    care_date: date | None = None
    card_secret: CardSecret | None = None
    break_glass: BreakGlassReason | None = None
    one_time_code: OneTimeCode | None = None
    asked_for: Presence | None = None
    standing_list: str | None = None
    idempotency_key: str | None = None
    body: bytes = b""

    def __repr__(self) -> str:
        domain = self.domain.name if self.domain is not None else None
        return f"RightsQuestion(amc_number={self.amc_number}, domain={domain}, care_date={self.care_date})"


class Coverage(Struct, frozen=True):
    """One of the person's coverages at this insurer, open for the domain asked; rank 1 pays first."""

    rank: int
    until: date | None
    domains: tuple[Domain, ...]


class RightsAnswer(Struct, frozen=True):
    """What the gate answered; it holds no identity.

    `trace` is the receipt's number, None only where no session was found. `on` is the day that the outcome speaks of: the end
    of an open right, the opening, the end, the end of the waiting period. `domains` and `coverages` are those with tiers payant,
    only for a granted answer. `engagement` is the promise that a granted answer makes. `data_as_of` says when the insurer last
    told us.
    """

    outcome: Outcome
    trace: str | None = None
    engagement: str | None = None
    on: date | None = None
    domains: tuple[Domain, ...] = ()
    coverages: tuple[Coverage, ...] = ()
    presence: Presence = Presence.NONE
    data_as_of: datetime | None = None
    data_is_stale: bool = False
    retry_after_s: int = 0
    repeat_of: str | None = None
    next_nonce: str | None = None
    why: dict[str, object] | None = None  # what only a sandbox tells
