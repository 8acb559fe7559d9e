"""What the console shows, over HTTP: numbers become words here, a receipt its trace number, counts a chart and its table."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from rempart.domain.detectors import SPEAKING
from rempart.domain.rights import OUTCOME_BY_NUMBER, Presence
from rempart.domain.trace import trace_of
from rempart.faces.bodies import read_json
from rempart.faces.console import words
from rempart.faces.console.charts import chart_of
from rempart.faces.console.endpoints import desk_of, json_of
from rempart.faces.wording import presence_label
from rempart.limits import CONSOLE_PAGES_MAX
from rempart.operations.console import look
from rempart.operations.console.ways_in import PresentOperator

_Page = Annotated[int, msgspec.Meta(ge=1, le=CONSOLE_PAGES_MAX)]


class _Search(msgspec.Struct, forbid_unknown_fields=True):
    text: str


class _Account(msgspec.Struct, forbid_unknown_fields=True):
    until: datetime | None = None
    after: str = ""


class _Pages(msgspec.Struct, forbid_unknown_fields=True):
    in_force: _Page = 1
    past: _Page = 1
    convicted: _Page = 1
    releases: _Page = 1


async def live(request: Request, operator: PresentOperator) -> Response:
    """Say what happens now."""
    seen = await look.live(desk_of(request), operator)
    counted = await request.app.state.counting.counts(operator)
    seen["minute"] = counted.minute
    seen["refusals"] = [
        {"label": words.outcome_label(outcome), "count": count} for outcome, count in counted.refusals
    ]
    for conviction in seen["convictions"]:
        conviction["signal"] = words.label("signals", conviction["signal"])
    return json_of(seen)


async def wanted(request: Request, operator: PresentOperator) -> Response:
    """Count what waits for a signature."""
    return json_of({"waiting": await look.wanted(desk_of(request), operator)})


async def counts(request: Request, operator: PresentOperator) -> Response:
    """Draw the last hour and the last day."""
    counted = await request.app.state.counting.counts(operator)
    return json_of(
        {
            "hour": {"chart": chart_of(counted.hour), "rows": counted.hour[::-1]},
            "day": {"chart": chart_of(counted.day), "rows": counted.day[::-1]},
        }
    )


async def search(request: Request, operator: PresentOperator) -> Response:
    """Find accounts. The words come in the body: a name does not stand in an address."""
    body = await read_json(request, _Search)
    found = await look.find_accounts(desk_of(request), operator, body.text[:80])
    return json_of({"accounts": found})


async def account(request: Request, operator: PresentOperator) -> Response:
    """Say all that is known of an account."""
    body = await read_json(request, _Account)
    account_id = int(request.path_params["account_id"])
    seen = await look.account(desk_of(request), operator, account_id, body.until, body.after[:40])
    for score in seen["scores"]:
        score["label"] = words.label("signals", score["signal"])
    for conviction in seen["convictions"]:
        conviction["label"] = words.label("signals", conviction["signal"])
        bit = conviction.pop("bit")
        conviction["answers"] = [_question(answer, bit) for answer in conviction["answers"]]
        conviction["trace"] = trace_of(conviction.pop("receipt_id"))
    seen["questions"] = [_question(question) for question in seen["questions"]]
    return json_of(seen)


async def containments(request: Request, operator: PresentOperator) -> Response:
    """Say what is contained, what waits, what the public is told, who the operators are and what they did."""
    body = await read_json(request, _Pages)
    pages = (body.in_force, body.past, body.convicted, body.releases)
    seen = await look.contained(desk_of(request), operator, *pages)
    for convicted in seen["convicted"]["rows"]:
        convicted["signal"] = words.label("signals", convicted["signal"])
    return json_of(seen)


def _question(question: dict[str, Any], bit: int = 0) -> dict[str, Any]:
    """Put one question of a timeline in words; `spoke` says whether it spoke for a thief on the signal that convicted."""
    signals = int(question["signals"])
    return {
        "trace": trace_of(question["receipt_id"]),
        "at": question["asked_at"],
        "face": words.label("faces", str(question["face"])),
        "outcome": words.outcome_label(OUTCOME_BY_NUMBER[question["outcome"]]),
        "presence": presence_label(Presence(question["presence"])),
        "is_repeat": question["is_repeat"],
        "against": [words.label("signals", s.name.lower()) for s in SPEAKING if signals >> (s - 1) & 1],
        "spoke": bool(bit and signals >> (bit - 1) & 1),
    }
