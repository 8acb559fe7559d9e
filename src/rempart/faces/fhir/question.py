"""Make a rights question of a CoverageEligibilityRequest.

Who asks is never read from the body: `provider` is only checked for its form, and the gate knows the actor from the session.
The member number that `insurance` may carry is not read at all: it proves nothing, for thieves hold it.

Never: look anything up, or correct what was sent.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar

from rempart.domain.birth_dates import BirthDate, check_order_of_days, parse_birth_rank
from rempart.domain.card_code import parse_card_secret
from rempart.domain.errors.identifiers import BirthRankOutOfRange, IdentifierRefused
from rempart.domain.identifiers import AmcNumber, Nir, parse_amc_number, parse_finess, parse_rpps
from rempart.domain.presence import parse_list_name, parse_one_time_code
from rempart.domain.rights import BreakGlassReason, Domain, Presence, RightsQuestion
from rempart.faces.fhir.errors import (
    AmcNumberMissing,
    BirthDateImpossible,
    BirthDateMissing,
    BirthDatePartial,
    BirthDateTwice,
    BirthRankMissing,
    BirthRankTwice,
    BreakGlassReasonUnknown,
    CareDateImpossible,
    CareDatePartial,
    CareDomainsSeveral,
    CareDomainSystemUnknown,
    CareDomainUnknown,
    CarePeriodRefused,
    ElementTwice,
    ExtensionValueWrong,
    IdentifierSystemUnknown,
    NirMissing,
    NirTwice,
    PatientNotContained,
    PurposeNotServed,
    QuestionRefused,
    ReferenceUnresolved,
    StatusNotActive,
)
from rempart.faces.fhir.r4.coverage import Coverage
from rempart.faces.fhir.r4.datatypes import Identifier, Reference
from rempart.faces.fhir.r4.elements import Extension
from rempart.faces.fhir.r4.eligibility import Contained, CoverageEligibilityRequest
from rempart.faces.fhir.r4.people import Patient, PractitionerRole
from rempart.faces.fhir.reading import ROOT
from rempart.faces.fhir.systems import (
    AMC_NUMBER,
    BIRTH_DATE_TEXT,
    BIRTH_RANK,
    BREAK_GLASS,
    CARD_SECRET,
    CARE_DOMAIN,
    FINESS_PREFIX,
    FINESS_SYSTEMS,
    IDNPS,
    IDNST,
    NIR_SYSTEMS,
    ONE_TIME_CODE,
    PRESENCE_REQUEST,
    RPPS_PREFIX,
    RPPS_SYSTEMS,
    STANDING_LIST,
)

BREAK_GLASS_CODES: Final = {reason.name.lower().replace("_", "-"): reason for reason in BreakGlassReason}
"""The reasons for asking without a card, by their public code."""

type_of_part = TypeVar("type_of_part")

_FULL_DATE_CHARS: Final = 10
_CARE_PLACE: Final = f"{ROOT}.servicedDate"
_NUMBER_SYSTEMS: Final = RPPS_SYSTEMS | FINESS_SYSTEMS
_PRESENCE_REQUESTS: Final = {"code": Presence.CODE, "approval": Presence.APPROVAL}
_DOMAINS: Final = {domain.name: domain for domain in Domain}


@dataclass(frozen=True, slots=True)
class _Found:
    """A contained resource and where it is."""

    resource: Contained
    place: str


def question_of(
    request: CoverageEligibilityRequest, body: bytes, idempotency_key: str | None, now_s: float
) -> RightsQuestion:
    """Make the question that a request asks.

    Refuses: QuestionRefused, IdentifierRefused, CardSecretRefused.
    """
    _check_envelope(request)
    patient, place = _patient_of(request)
    birth_date, birth_place = _birth_date_of(patient, place)
    care_date = _care_date_of(request)
    check_order_of_days(birth_date, care_date, now_s, birth_place=birth_place, care_place=_CARE_PLACE)
    if request.provider is not None:
        _check_provider(request, request.provider, f"{ROOT}.provider")
    return RightsQuestion(
        amc_number=_amc_number_of(request),
        nir=_nir_of(patient, place),
        birth_date=birth_date,
        birth_rank=_birth_rank_of(patient, place),
        domain=_domain_of(request),
        care_date=care_date,
        card_secret=_text_of(request, CARD_SECRET, parse_card_secret),
        one_time_code=_text_of(request, ONE_TIME_CODE, parse_one_time_code),
        asked_for=_asked_for_of(request),
        standing_list=_text_of(request, STANDING_LIST, parse_list_name),
        break_glass=_break_glass_of(request),
        idempotency_key=idempotency_key,
        body=body if idempotency_key is not None else b"",
    )


def _check_envelope(request: CoverageEligibilityRequest) -> None:
    if request.status != "active":
        raise StatusNotActive(f"{ROOT}.status")
    if "validation" not in request.purpose or "discovery" in request.purpose:
        raise PurposeNotServed(f"{ROOT}.purpose")
    if request.serviced_period is not None:
        raise CarePeriodRefused(f"{ROOT}.servicedPeriod")


def _resolve(request: CoverageEligibilityRequest, reference: str) -> _Found | None:
    """Find the contained resource that a local reference names."""
    if reference.startswith("#"):
        for index, resource in enumerate(request.contained or ()):
            if resource.id == reference[1:]:
                return _Found(resource, f"{ROOT}.contained[{index}]")
    return None


def _patient_of(request: CoverageEligibilityRequest) -> tuple[Patient, str]:
    reference = request.patient.reference
    if reference is None or not reference.startswith("#"):
        raise PatientNotContained(f"{ROOT}.patient")
    found = _resolve(request, reference)
    if found is None:
        raise ReferenceUnresolved(f"{ROOT}.patient.reference")
    if not isinstance(found.resource, Patient):
        raise PatientNotContained(f"{ROOT}.patient.reference")
    return found.resource, found.place


def _nir_of(patient: Patient, place: str) -> Nir:
    """Read the one NIR among the patient's identifiers; the others are the caller's own, and are not kept."""
    nir: Nir | None = None
    identifiers = patient.identifier or ()
    for index, identifier in enumerate(identifiers):
        if identifier.system in NIR_SYSTEMS:
            here = f"{place}.identifier[{index}].value"
            if nir is not None:
                raise NirTwice(here)
            if identifier.value is None:
                raise NirMissing(here)
            nir = Nir.parse(identifier.value, here)
    if nir is not None:
        return nir
    if identifiers:
        raise IdentifierSystemUnknown(f"{place}.identifier[0].system")
    raise NirMissing(f"{place}.identifier")


def _birth_date_of(patient: Patient, place: str) -> tuple[BirthDate, str]:
    """Read the birth date as the compulsory scheme writes it, and say where it stands."""
    extension = _extension(patient.extension, BIRTH_DATE_TEXT, place)
    written = patient.birth_date
    if written is None:
        if extension is None:
            raise BirthDateMissing(f"{place}.birthDate")
        here = f"{place}.extension('{BIRTH_DATE_TEXT}').value"
        if extension.value_string is None:
            raise ExtensionValueWrong(here)
        return BirthDate.parse(extension.value_string, here), here
    here = f"{place}.birthDate"
    if extension is not None:
        raise BirthDateTwice(here)
    if len(written) != _FULL_DATE_CHARS:
        raise BirthDatePartial(here)
    _date_of(written, BirthDateImpossible, here)
    return BirthDate.parse(written.replace("-", ""), here), here


def _birth_rank_of(patient: Patient, place: str) -> int:
    """Read the birth rank, 1 when nothing is said of it."""
    if patient.multiple_birth_boolean is not None and patient.multiple_birth_integer is not None:
        raise ElementTwice(f"{place}.multipleBirth")
    extension = _extension(patient.extension, BIRTH_RANK, place)
    if extension is None:
        if patient.multiple_birth_boolean:
            raise BirthRankMissing(f"{place}.multipleBirth")
        if patient.multiple_birth_integer is None:
            return 1
        here = f"{place}.multipleBirth"
        rank = patient.multiple_birth_integer
    else:
        here = f"{place}.extension('{BIRTH_RANK}').value"
        if extension.value_positive_int is None:
            raise ExtensionValueWrong(here)
        rank = extension.value_positive_int
        if patient.multiple_birth_integer not in (None, rank):
            raise BirthRankTwice(here)
    if rank < 1:
        raise BirthRankOutOfRange(here)
    return parse_birth_rank(rank, here)


def _amc_number_of(request: CoverageEligibilityRequest) -> AmcNumber:
    identifiers, place = _identifiers_behind(request, request.insurer, f"{ROOT}.insurer")
    for index, identifier in enumerate(identifiers):
        if identifier.system == AMC_NUMBER and identifier.value is not None:
            return parse_amc_number(identifier.value, f"{place}[{index}].value")
    if any(identifier.system != AMC_NUMBER for identifier in identifiers):
        raise IdentifierSystemUnknown(f"{place}[0].system")
    raise AmcNumberMissing(place)


def _identifiers_behind(
    request: CoverageEligibilityRequest, reference: Reference, place: str
) -> tuple[list[Identifier], str]:
    """Give the identifiers of a logical reference, or of the contained resource that a local one names."""
    if reference.identifier is not None:
        return [reference.identifier], f"{place}.identifier"
    if reference.reference is None or not reference.reference.startswith("#"):
        return [], f"{place}.identifier"
    found = _resolve(request, reference.reference)
    if found is None:
        raise ReferenceUnresolved(f"{place}.reference")
    return found.resource.identifier or [], f"{found.place}.identifier"


def _check_provider(request: CoverageEligibilityRequest, provider: Reference, place: str) -> None:
    """Check the form of the numbers that a provider is given; they decide nothing."""
    role = _check_provider_part(request, provider, place)
    if role is not None and isinstance(role.resource, PractitionerRole):
        for member, part in (
            ("practitioner", role.resource.practitioner),
            ("organization", role.resource.organization),
        ):
            if part is not None and _check_provider_part(request, part, f"{role.place}.{member}") is not None:
                raise ReferenceUnresolved(f"{role.place}.{member}.reference")  # a role of a role


def _check_provider_part(
    request: CoverageEligibilityRequest, reference: Reference, place: str
) -> _Found | None:
    """Check a professional or a place; give what was found where it is a role, whose parts remain to be checked."""
    if reference.reference is None or not reference.reference.startswith("#"):
        identifiers = [] if reference.identifier is None else [reference.identifier]
        _check_numbers(identifiers, f"{place}.identifier")
        return None
    found = _resolve(request, reference.reference)
    if found is None or isinstance(found.resource, Patient | Coverage):
        raise ReferenceUnresolved(f"{place}.reference")
    if isinstance(found.resource, PractitionerRole):
        return found
    _check_numbers(found.resource.identifier or [], f"{found.place}.identifier")
    return None


def _check_numbers(identifiers: list[Identifier], place: str) -> None:
    known = False
    for index, identifier in enumerate(identifiers):
        if identifier.system in _NUMBER_SYSTEMS:
            known = True
            refusal = _number_refusal(identifier.system, identifier.value or "")
            if refusal is not None:
                raise refusal(f"{place}[{index}].value")
    if identifiers and not known:
        raise IdentifierSystemUnknown(f"{place}[0].system")


@lru_cache(maxsize=4096)
def _number_refusal(system: str, number: str) -> type[IdentifierRefused] | None:
    """Say what is wrong with a professional's or a place's number; the same few come with every question of a shop."""
    try:
        if system in RPPS_SYSTEMS:
            is_national = system == IDNPS and len(number) == 12
            parse_rpps(number.removeprefix(RPPS_PREFIX) if is_national else number)
        else:
            is_national = system == IDNST and len(number) == 10
            parse_finess(number.removeprefix(FINESS_PREFIX) if is_national else number)
    except IdentifierRefused as refusal:
        return type(refusal)
    return None


def _care_date_of(request: CoverageEligibilityRequest) -> date | None:
    written = request.serviced_date
    if written is None:
        return None
    if len(written) != _FULL_DATE_CHARS:
        raise CareDatePartial(_CARE_PLACE)
    return _date_of(written, CareDateImpossible, _CARE_PLACE)


def _date_of(written: str, refusal: type[QuestionRefused], place: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise refusal(place) from None


def _domain_of(request: CoverageEligibilityRequest) -> Domain | None:
    """Read the domain of care; None, the profession's own, when nothing is said of it."""
    items = request.item
    if items is None:
        return None
    if len(items) > 1:
        raise CareDomainsSeveral(f"{ROOT}.item")
    here = f"{ROOT}.item[0].category"
    codings = items[0].category.coding if items[0].category is not None else None
    if codings is None:
        raise CareDomainSystemUnknown(here)
    codes = [coding.code for coding in codings if coding.system == CARE_DOMAIN]
    if not codes:
        raise CareDomainSystemUnknown(f"{here}.coding[0].system")
    if len(codes) > 1:
        raise CareDomainsSeveral(f"{here}.coding")
    domain = _DOMAINS.get(codes[0] or "")
    if domain is None:
        raise CareDomainUnknown(f"{here}.coding.code")
    return domain


def _break_glass_of(request: CoverageEligibilityRequest) -> BreakGlassReason | None:
    extension = _extension(request.extension, BREAK_GLASS, ROOT)
    if extension is None:
        return None
    here = f"{ROOT}.extension('{BREAK_GLASS}').value"
    if extension.value_code is None:
        raise ExtensionValueWrong(here)
    if extension.value_code not in BREAK_GLASS_CODES:
        raise BreakGlassReasonUnknown(here)
    return BREAK_GLASS_CODES[extension.value_code]


def _asked_for_of(request: CoverageEligibilityRequest) -> Presence | None:
    extension = _extension(request.extension, PRESENCE_REQUEST, ROOT)
    if extension is None:
        return None
    asked_for = _PRESENCE_REQUESTS.get(extension.value_code or "")
    if asked_for is None:
        raise ExtensionValueWrong(f"{ROOT}.extension('{PRESENCE_REQUEST}').value")
    return asked_for


def _text_of(
    request: CoverageEligibilityRequest, url: str, parse: Callable[[str, str], type_of_part]
) -> type_of_part | None:
    """Read the text of an extension with the parser of what it holds; None where it is absent."""
    extension = _extension(request.extension, url, ROOT)
    if extension is None:
        return None
    here = f"{ROOT}.extension('{url}').value"
    if extension.value_string is None:
        raise ExtensionValueWrong(here)
    return parse(extension.value_string, here)


def _extension(extensions: Iterable[Extension] | None, url: str, place: str) -> Extension | None:
    """Find the one extension of a URL; others are passed over, as R4 asks."""
    if extensions is None:
        return None
    found = [extension for extension in extensions if extension.url == url]
    if len(found) > 1:
        raise ExtensionValueWrong(f"{place}.extension('{url}')")
    return found[0] if found else None
