"""What every FHIR element is made of: primitives with their forms, and the rule that a primitive has a sibling `_name`.

In FHIR's JSON a primitive `birthDate` may have an `_birthDate` beside it, with an id and extensions. Each struct gets those
siblings from its metaclass, so that the structs show only what R4 describes.

Never: keep an element that R4 does not define.

Source: https://hl7.org/fhir/R4/datatypes.html#primitive, https://hl7.org/fhir/R4/json.html#primitive
"""

from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta

SIBLING: Final = "__sibling"
"""How the Python name of a primitive's sibling ends."""

_DAY = "-(?:0[1-9]|[12][0-9]|3[01])"
_MONTH = "-(?:0[1-9]|1[0-2])"
_TIME = (
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)

Text = Annotated[str, Meta(min_length=1)]
Markdown = Annotated[str, Meta(min_length=1)]
Texts = Annotated[list[Text | None], Meta(min_length=1)]
"""A list of texts; null where only the sibling list has something to say."""
Uri = Annotated[str, Meta(pattern=r"\A\S+\Z")]
Code = Annotated[str, Meta(pattern=r"\A\S+(?:\s\S+)*\Z")]
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9.-]{1,64}\Z")]
Oid = Annotated[str, Meta(pattern=r"\Aurn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+\Z")]
Uuid = Annotated[
    str, Meta(pattern=r"\Aurn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
]
Date = Annotated[str, Meta(pattern=rf"\A[0-9]{{4}}(?:{_MONTH}(?:{_DAY})?)?\Z")]
DateTime = Annotated[str, Meta(pattern=rf"\A[0-9]{{4}}(?:{_MONTH}(?:{_DAY}(?:{_TIME})?)?)?\Z")]
Instant = Annotated[str, Meta(pattern=rf"\A[0-9]{{4}}{_MONTH}{_DAY}{_TIME}\Z")]
Time = Annotated[str, Meta(pattern=r"\A(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?\Z")]
Base64 = Annotated[str, Meta(pattern=r"\A(?:\s*[0-9a-zA-Z+/=]){4,}\s*\Z")]
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
UnsignedInt = Annotated[int, Meta(ge=0, le=2**31 - 1)]
PositiveInt = Annotated[int, Meta(ge=1, le=2**31 - 1)]

Unread = dict[str, Any]
"""An element that R4 defines and Rempart never reads: kept as it came."""


class Number(Decimal):
    """A FHIR decimal: a JSON number whose digits are kept as written."""


def read_number(kind: type, found: object) -> object:
    """Make a Number of what JSON held, a number only (msgspec's `dec_hook`)."""
    if kind is Number and isinstance(found, int | Decimal) and not isinstance(found, bool):
        return Number(found)
    raise ValueError("Expected `number`")


def write_number(number: object) -> Decimal:
    """Let msgspec write a Number as the decimal that it is (msgspec's `enc_hook`)."""
    if isinstance(number, Number):
        return Decimal(number)
    raise NotImplementedError


def _fhir_name(name: str) -> str:
    """Write a Python name as FHIR does: `class_` as `class`, `birth_date` as `birthDate`, its sibling as `_birthDate`."""
    if name.endswith(SIBLING):
        return "_" + _fhir_name(name.removesuffix(SIBLING))
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def _is_primitive(kind: object) -> bool:
    if get_origin(kind) is Annotated:
        return _is_primitive(get_args(kind)[0])
    return kind in (str, int, bool, Number) or get_origin(kind) is Literal


def _sibling_of(annotation: object) -> object:
    """Say which type the sibling of a field has, or None where the field is no primitive."""
    annotation = _without_none(annotation)
    if get_origin(annotation) is Annotated and get_origin(get_args(annotation)[0]) is list:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is list:
        return list[Element | None] | None if _is_primitive(_without_none(get_args(annotation)[0])) else None
    return Element | None if _is_primitive(annotation) else None


def _without_none(annotation: object) -> object:
    if get_origin(annotation) in (Union, UnionType):
        return next(kind for kind in get_args(annotation) if kind is not NoneType)
    return annotation


class ElementType(msgspec.StructMeta):
    """Gives each primitive of an element the sibling that JSON may hold beside it."""

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        **settings: Any,  # noqa: ANN401 (msgspec's own)
    ) -> type:
        """Make the struct of an element."""
        annotations = namespace.get("__annotations__", {})
        without = ("id", "url") if name == "Extension" else ("id",)
        siblings = {
            field + SIBLING: sibling
            for field, annotation in annotations.items()
            if field not in without and (sibling := _sibling_of(annotation)) is not None
        }
        namespace["__annotations__"] = annotations | siblings
        namespace.update(dict.fromkeys(siblings))
        made: type = super().__new__(mcls, name, bases, namespace, **settings)
        return made


class Element(
    msgspec.Struct,
    metaclass=ElementType,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,  # a resource has no cycles, and the collector would walk each of its parts
    rename=_fhir_name,
):
    """What any part of a resource may have."""

    id: Text | None = None
    extension: "Extensions | None" = None


class Extension(Element, kw_only=True):
    """Something that R4 does not say, under the URL of who defined it; one value, or extensions of its own."""

    url: Uri
    value_base64_binary: Base64 | None = None
    value_boolean: bool | None = None
    value_canonical: Uri | None = None
    value_code: Code | None = None
    value_date: Date | None = None
    value_date_time: DateTime | None = None
    value_decimal: Number | None = None
    value_id: Id | None = None
    value_instant: Instant | None = None
    value_integer: Integer | None = None
    value_markdown: Markdown | None = None
    value_oid: Oid | None = None
    value_positive_int: PositiveInt | None = None
    value_string: Text | None = None
    value_time: Time | None = None
    value_unsigned_int: UnsignedInt | None = None
    value_uri: Uri | None = None
    value_url: Uri | None = None
    value_uuid: Uuid | None = None
    value_address: Unread | None = None
    value_age: Unread | None = None
    value_annotation: Unread | None = None
    value_attachment: Unread | None = None
    value_codeable_concept: Unread | None = None
    value_coding: Unread | None = None
    value_contact_point: Unread | None = None
    value_count: Unread | None = None
    value_distance: Unread | None = None
    value_duration: Unread | None = None
    value_human_name: Unread | None = None
    value_identifier: Unread | None = None
    value_money: Unread | None = None
    value_period: Unread | None = None
    value_quantity: Unread | None = None
    value_range: Unread | None = None
    value_ratio: Unread | None = None
    value_reference: Unread | None = None
    value_sampled_data: Unread | None = None
    value_signature: Unread | None = None
    value_timing: Unread | None = None
    value_contact_detail: Unread | None = None
    value_contributor: Unread | None = None
    value_data_requirement: Unread | None = None
    value_expression: Unread | None = None
    value_parameter_definition: Unread | None = None
    value_related_artifact: Unread | None = None
    value_trigger_definition: Unread | None = None
    value_usage_context: Unread | None = None
    value_dosage: Unread | None = None
    value_meta: Unread | None = None


Extensions = Annotated[list[Extension], Meta(min_length=1)]


class BackboneElement(Element, kw_only=True):
    """A part of a resource that R4 describes in the resource itself."""

    modifier_extension: Extensions | None = None
