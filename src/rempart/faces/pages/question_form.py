"""Read the question that the page's script sends, and check every part of it before anybody is asked about.

The first thing that is wrong is refused with its own error, its place being the name of a field of the page.
Never: print a form, or put what was typed in an error.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import msgspec
from starlette.requests import Request

from rempart.domain.birth_dates import BirthDate, check_order_of_days, parse_birth_rank
from rempart.domain.card_code import parse_card_secret
from rempart.domain.errors.requests import BodyMalformed
from rempart.domain.identifiers import Nir, parse_amc_number
from rempart.domain.presence import parse_list_name, parse_one_time_code
from rempart.domain.rights import BreakGlassReason, Domain, Presence, RightsQuestion
from rempart.faces.bodies import JSON, decode_json, read_body

BREAK_GLASS = {reason.name.lower().replace("_", "-"): reason for reason in BreakGlassReason}
"""The coded reasons, as the page names them."""

ASKED_FOR = {"code": Presence.CODE, "approval": Presence.APPROVAL}
"""What a patient may be asked for through the insurer, as the page names it."""

Named = TypeVar("Named")

_KEY = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACE_OF_KEY = "Idempotency-Key"


class CardForm(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of the counter: what stands on a card, for today; `birth_date` is day first, as it is typed."""

    amc_number: str
    nir: str
    birth_date: str
    domain: str
    birth_rank: int = 1
    card_secret: str | None = None
    one_time_code: str | None = None
    asked_for: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(domain={self.domain!r})"


class QuestionForm(CardForm, forbid_unknown_fields=True):
    """The fields of the portal: another day, and a reason for asking without a card, beside those of the counter."""

    care_date: date | None = None
    break_glass: str | None = None
    standing_list: str | None = None


async def read_question(request: Request, now_s: float, form: type[CardForm]) -> RightsQuestion:
    """Read a question whole, in the form that the page has.

    Refuses: BodyOversize, BodyTypeWrong, BodyMalformed, IdentifierRefused, CardSecretRefused.
    """
    body = await read_body(request, JSON)
    question = _question_of(decode_json(body, form), body, _idempotency_key(request))
    check_order_of_days(question.birth_date, question.care_date, now_s)
    return question


def _question_of(form: CardForm, body: bytes, idempotency_key: str | None) -> RightsQuestion:
    return RightsQuestion(
        nir=Nir.parse(form.nir),
        amc_number=parse_amc_number(form.amc_number),
        birth_date=BirthDate.parse_day_first(form.birth_date),
        birth_rank=parse_birth_rank(form.birth_rank),
        domain=_named(Domain.__members__, form.domain, "domain"),
        care_date=getattr(form, "care_date", None),
        card_secret=None if form.card_secret is None else parse_card_secret(form.card_secret),
        break_glass=_break_glass_of(form),
        one_time_code=None if form.one_time_code is None else parse_one_time_code(form.one_time_code),
        asked_for=None if form.asked_for is None else _named(ASKED_FOR, form.asked_for, "asked_for"),
        standing_list=_standing_list_of(form),
        idempotency_key=idempotency_key,
        body=body,
    )


def _break_glass_of(form: CardForm) -> BreakGlassReason | None:
    reason = getattr(form, "break_glass", None)
    return None if reason is None else _named(BREAK_GLASS, reason, "break_glass")


def _standing_list_of(form: CardForm) -> str | None:
    """Read the name of a list; an empty one is no list's, and an authorisation all the same."""
    name = getattr(form, "standing_list", None)
    return parse_list_name(name) if name else name


def _idempotency_key(request: Request) -> str | None:
    keys = request.headers.getlist(_PLACE_OF_KEY)
    if not keys:
        return None
    if len(keys) > 1 or _KEY.fullmatch(keys[0]) is None:
        raise BodyMalformed(_PLACE_OF_KEY)
    return keys[0]


def _named(members: Mapping[str, Named], name: str, place: str) -> Named:
    if name not in members:
        raise BodyMalformed(place)
    return members[name]
