"""Read a body as a CoverageEligibilityRequest, strictly, and say where it is wrong.

msgspec refuses what the structs do not allow; a second look, which costs nothing to an ordinary body, refuses what JSON allows
and FHIR forbids: empty objects, nulls, and extensions that change the meaning.

Never: repeat what was sent. msgspec's messages quote it, so they are read for the kind and the place of the defect, then dropped.

Sources: https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/extensibility.html#modifierExtension
"""

import re
from decimal import Decimal
from typing import Final

import msgspec

from rempart.faces.fhir.errors import (
    BodyMissing,
    BodyNotJson,
    ElementCodeUnknown,
    ElementEmpty,
    ElementFormatWrong,
    ElementMissing,
    ElementTwice,
    ElementTypeWrong,
    ElementUnknown,
    ImplicitRulesUnknown,
    ModifierExtensionUnknown,
    ResourceRefused,
    ResourceTypeUnexpected,
)
from rempart.faces.fhir.r4.elements import read_number
from rempart.faces.fhir.r4.eligibility import CoverageEligibilityRequest, Parameters

ROOT: Final = "CoverageEligibilityRequest"
PARAMETERS: Final = "Parameters"

_decode_any = msgspec.json.Decoder().decode
_request_decoder: msgspec.json.Decoder[CoverageEligibilityRequest | Parameters] = msgspec.json.Decoder(
    CoverageEligibilityRequest | Parameters, dec_hook=read_number, float_hook=Decimal
)

_WHITE_SPACE: Final = b" \t\r\n"
_PATH = re.compile(r" - at `\$([^`]*)`$")
_BYTE = re.compile(r"\(byte ([0-9]+)\)$")
_FIELD = re.compile(r"`([A-Za-z]+)`")
_KIND_OF_DEFECT: Final[tuple[tuple[str, type[ResourceRefused]], ...]] = (
    ("Object contains unknown field", ElementUnknown),
    ("Object missing required field", ElementMissing),
    ("Invalid enum value", ElementCodeUnknown),
    ("Invalid value", ResourceTypeUnexpected),
    ("of length >=", ElementEmpty),
    ("matching regex", ElementFormatWrong),
    ("<=", ElementFormatWrong),
    (">=", ElementFormatWrong),
    ("out of range", ElementFormatWrong),
)


def read_request(body: bytes) -> CoverageEligibilityRequest:
    """Read a body that is a CoverageEligibilityRequest, or Parameters that hold one as `resource`.

    Refuses: BodyMissing, BodyNotJson, ResourceRefused.
    """
    if not body:
        raise BodyMissing
    try:
        request = _read(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyNotJson(_byte_of(error, body)) from None
    if request.serviced_date is not None and request.serviced_period is not None:
        raise ElementTwice(f"{ROOT}.serviced")
    return request


def _read(body: bytes) -> CoverageEligibilityRequest:
    root = ROOT
    try:
        found = _request_decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refusal_of(str(error), body) from None
    if isinstance(found, Parameters):
        root, found = PARAMETERS, found.parameter[0].resource
    if isinstance(found, Parameters):
        raise ResourceTypeUnexpected(f"{PARAMETERS}.parameter[0].resource.resourceType")
    if _may_hide_a_defect(body):
        _refuse_hidden_defects(_decode_any(body), root)
    return found


def _byte_of(error: Exception, body: bytes) -> str:
    """Say at which byte a body stops being JSON."""
    found = _BYTE.search(str(error)) if isinstance(error, msgspec.DecodeError) else None
    return f"byte {found[1] if found else len(body)}"


def _may_hide_a_defect(body: bytes) -> bool:
    """Whether a body holds a mark of what the structs let pass; an ordinary one holds none."""
    return (
        b"null" in body
        or b"modifierExtension" in body
        or b"implicitRules" in body
        or b"\\u" in body  # which may spell any of them
        or b"{}" in body.translate(None, _WHITE_SPACE)
    )


def _refusal_of(message: str, body: bytes) -> ResourceRefused:
    """Make the refusal that a message of msgspec means, with its place as a FHIRPath."""
    root = PARAMETERS if _resource_type_of(body) == PARAMETERS else ROOT
    found = _PATH.search(message)
    said = message[: found.start()] if found else message
    place = root + found[1].replace("._", ".").replace("[...]", "") if found else root
    if said.startswith("Expected `object`") and not found:
        return ResourceTypeUnexpected(root)
    kind = next((kind for mark, kind in _KIND_OF_DEFECT if mark in said), ElementTypeWrong)
    if kind is ElementMissing:
        place += "." + _FIELD.findall(said)[0]
    return ResourceTypeUnexpected(place) if place.endswith(".resourceType") else kind(place)


def _resource_type_of(body: bytes) -> object:
    found = _decode_any(body)
    return found.get("resourceType") if isinstance(found, dict) else None


def _refuse_hidden_defects(found: object, place: str, *, in_list: bool = False) -> None:
    """Walk a decoded body; refuse an empty object, a null that fills no list, and what changes the meaning unread."""
    if (found is None and not in_list) or found == {}:
        raise ElementEmpty(place)
    if isinstance(found, dict):
        for name, part in found.items():
            inside = f"{place}.{name.removeprefix('_')}"
            if name == "modifierExtension":
                raise ModifierExtensionUnknown(inside)
            if name == "implicitRules":
                raise ImplicitRulesUnknown(inside)
            _refuse_hidden_defects(part, inside)
    if isinstance(found, list):
        for index, part in enumerate(found):
            _refuse_hidden_defects(part, f"{place}[{index}]", in_list=True)
