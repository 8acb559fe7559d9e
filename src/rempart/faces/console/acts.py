"""The acts of the console as a browser sends them: each checked whole before the database is asked to write its sentence."""

from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from rempart.faces.bodies import read_json
from rempart.faces.console.endpoints import desk_of, json_of
from rempart.limits import ACT_REASON_CHARS_MAX, RELEASE_WAVES_MINUTES_MAX, STATUS_SENTENCE_CHARS_MAX
from rempart.operations.console import act as acts
from rempart.operations.console.ways_in import PresentOperator
from rempart.operations.contain import Mode, Scope

_Line = r"^\S(?:[^\n\r\t]*\S)?$"
Reason = Annotated[str, Meta(min_length=3, max_length=ACT_REASON_CHARS_MAX, pattern=_Line)]
Number = Annotated[int, Meta(ge=1, le=2**53)]


class Contain(Struct, tag_field="kind", tag="contain", forbid_unknown_fields=True):
    """Contain: a scope, its name, a mode, for so many hours or until released."""

    scope: Scope
    named: Annotated[str, Meta(max_length=200)]
    mode: Mode
    because: Reason
    hours: Annotated[float, Meta(gt=0, le=720)] | None = None


class Release(Struct, tag_field="kind", tag="release", forbid_unknown_fields=True):
    """Ask for the release of a containment or of a convicted account, or agree to it."""

    because: Reason
    containment_id: Number | None = None
    account_id: Number | None = None
    waves_s: Annotated[int, Meta(ge=60, le=RELEASE_WAVES_MINUTES_MAX * 60)] | None = None


class Publish(Struct, tag_field="kind", tag="publish", forbid_unknown_fields=True):
    """Tell the public something; no population is everybody."""

    sentence: Annotated[str, Meta(min_length=1, max_length=STATUS_SENTENCE_CHARS_MAX, pattern=_Line)]
    population: Annotated[str, Meta(max_length=40)] = ""
    next_news_at: datetime | None = None


class End(Struct, tag_field="kind", tag="end", forbid_unknown_fields=True):
    """End a message to the public."""

    message_id: Number


class Sign(Struct, tag_field="kind", tag="sign", forbid_unknown_fields=True):
    """Sign what was asked at the machine: as the first of two, or as the second, with whom it is done."""

    proposal_id: Number
    because: Reason


class Refuse(Struct, tag_field="kind", tag="refuse", forbid_unknown_fields=True):
    """Refuse what was asked at the machine; one operator is enough."""

    proposal_id: Number
    because: Reason


class Dismiss(Struct, tag_field="kind", tag="dismiss", forbid_unknown_fields=True):
    """Take an operator's access back."""

    operator_id: Number
    because: Reason


type_of_act = Contain | Release | Publish | End | Sign | Refuse | Dismiss


class _Credential(Struct, forbid_unknown_fields=True):
    credential: dict[str, Any]


async def begin(request: Request, operator: PresentOperator) -> Response:
    """Begin an act: its sentence, and what to have it signed with."""
    act: Any = await read_json(request, cast("Any", type_of_act))  # msgspec decodes a union
    begun = await acts.begin(desk_of(request), operator, msgspec.to_builtins(act))
    return json_of({"sentence": begun.sentence, "publicKey": begun.public_key})


async def perform(request: Request, operator: PresentOperator) -> Response:
    """Perform the act that was begun, now that it is signed."""
    body = await read_json(request, _Credential)
    done = await acts.perform(desk_of(request), operator, body.credential)
    return json_of({"verdict": done.verdict, "sentence": done.sentence})
