"""Read whom an identity token names, in the claims of Pro Santé Connect.

`SubjectNameID` (or `preferred_username`) is the national identifier of the professional: the digit 8 and the RPPS number.
`SubjectRefPro` lists the places of exercise, often without a FINESS number; a token without it leaves the place to our
register, a token with it and no exercise names somebody who does not practise. A hospital's provider names the structure
alone: `SubjectOrganizationID`, the letter F (or the digit 1, as in the older directory) and the FINESS number.

Never: believe an identifier that the request carries beside the token.

Source: trade notes of the project (domain.md 10.2); samples of the agency's sandbox in public repositories.
"""

from dataclasses import dataclass

import msgspec

from rempart.domain.errors.identifiers import IdentifierRefused
from rempart.domain.errors.token_exchange import SubjectNamesNobody, SubjectTokenMalformed
from rempart.domain.identifiers import Finess, Rpps, parse_finess, parse_rpps

_PLACE = "subject_token"
_RPPS_PREFIX = "8"
_FINESS_PREFIXES = ("F", "1")


@dataclass(frozen=True, slots=True)
class ProfessionalSubject:
    """A professional; `places` are those that the token allows, None where it does not say them all."""

    rpps: Rpps
    places: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class StructureSubject:
    """A structure that asks in its own name, as a hospital's admission desk does."""

    finess: Finess


type_of_subject = ProfessionalSubject | StructureSubject


class _Activity(msgspec.Struct):
    site_finess: str | None = msgspec.field(name="numeroFinessSite", default=None)
    legal_entity_finess: str | None = msgspec.field(name="numeroFinessetablissementJuridique", default=None)


class _Exercise(msgspec.Struct):
    activities: list[_Activity] = []


class _Practice(msgspec.Struct):
    exercices: list[_Exercise] = []


class _Claims(msgspec.Struct):
    SubjectNameID: str | None = None
    preferred_username: str | None = None
    SubjectOrganizationID: str | None = None
    SubjectRefPro: _Practice | None = None


def read_subject(claims: bytes) -> type_of_subject:
    """Read the professional or the structure that verified claims name."""
    try:
        named = msgspec.json.decode(claims, type=_Claims)
    except msgspec.DecodeError:
        raise SubjectTokenMalformed(_PLACE) from None
    national_id = named.SubjectNameID or named.preferred_username
    try:
        if national_id:
            return _professional(national_id, named.SubjectRefPro)
        return _structure(named.SubjectOrganizationID or "")
    except IdentifierRefused:
        raise SubjectNamesNobody(_PLACE) from None


def _professional(national_id: str, practice: _Practice | None) -> ProfessionalSubject:
    if not national_id.startswith(_RPPS_PREFIX):
        raise SubjectNamesNobody(_PLACE)
    rpps = parse_rpps(national_id[1:])
    if practice is None:
        return ProfessionalSubject(rpps, None)
    if not practice.exercices:
        raise SubjectNamesNobody(_PLACE)
    return ProfessionalSubject(rpps, _places_of(practice))


def _places_of(practice: _Practice) -> frozenset[str] | None:
    """List the FINESS numbers of every activity; None as soon as one activity has none."""
    places: set[str] = set()
    for exercise in practice.exercices:
        for activity in exercise.activities:
            written = {activity.site_finess, activity.legal_entity_finess} - {"", None}
            if not written:
                return None
            places.update(text.strip().upper() for text in written if text)
    return frozenset(places) or None


def _structure(identifier: str) -> StructureSubject:
    if not identifier.startswith(_FINESS_PREFIXES):
        raise SubjectNamesNobody(_PLACE)
    return StructureSubject(parse_finess(identifier[1:]))
