"""Read who signed in, and where he practises, in the userinfo of Pro Santé Connect.

`SubjectNameID` is the national identifier: the digit 8 and the RPPS number for whoever has one. `SubjectRefPro.exercices` lists
professions, each with its activities; an activity says its place by `numeroFinessSite`, by `numeroFinessetablissementJuridique`
or, as in the older directory, by `ancienIdentifiantDeLaStructure`, the digit 1 and the FINESS number; often by none of them.

Sources: trade notes of the project (domain.md 10.2); samples of the agency's sandbox in public repositories.
"""

from dataclasses import dataclass

import msgspec

from rempart.domain.errors.accounts import PscPracticeMissing
from rempart.domain.errors.identifiers import IdentifierRefused
from rempart.domain.identifiers import Rpps, parse_rpps

_RPPS_PREFIX = "8"
_FINESS_PREFIX = "1"
_FINESS_CHARS = 9


@dataclass(frozen=True, slots=True)
class Exercise:
    """A profession as it is exercised, by its code in TRE_G15; `places` are FINESS numbers, None where one activity has none."""

    profession_code: str
    places: frozenset[str] | None

    def is_at(self, finess: str) -> bool:
        """Whether it may be exercised at a place, as far as was said."""
        return self.places is None or finess in self.places


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who practises: the number, and at least one exercise with an activity."""

    rpps: Rpps
    exercises: tuple[Exercise, ...]


class _Activity(msgspec.Struct):
    site: str | None = msgspec.field(name="numeroFinessSite", default=None)
    legal_entity: str | None = msgspec.field(name="numeroFinessetablissementJuridique", default=None)
    former: str | None = msgspec.field(name="ancienIdentifiantDeLaStructure", default=None)


class _Exercise(msgspec.Struct):
    profession_code: str = msgspec.field(name="codeProfession", default="")
    activities: list[_Activity] = []


class _Practice(msgspec.Struct):
    exercises: list[_Exercise] = msgspec.field(name="exercices", default_factory=list)


class _Userinfo(msgspec.Struct):
    SubjectNameID: str | None = None
    SubjectRefPro: _Practice | None = None


def read_practitioner(userinfo: bytes) -> Practitioner:
    """Read who practises. Refuses: PscPracticeMissing, for whoever has no RPPS number or no activity."""
    try:
        named = msgspec.json.decode(userinfo, type=_Userinfo)
        national_id = named.SubjectNameID or ""
        if not national_id.startswith(_RPPS_PREFIX):
            raise PscPracticeMissing("SubjectNameID")
        rpps = parse_rpps(national_id[1:])
    except (msgspec.DecodeError, IdentifierRefused):
        raise PscPracticeMissing("SubjectNameID") from None
    said = [] if named.SubjectRefPro is None else named.SubjectRefPro.exercises
    exercises = tuple(
        Exercise(one.profession_code, _places_of(one.activities)) for one in said if one.activities
    )
    if not exercises:
        raise PscPracticeMissing("SubjectRefPro")
    return Practitioner(rpps, exercises)


def _places_of(activities: list[_Activity]) -> frozenset[str] | None:
    places: set[str] = set()
    for activity in activities:
        written = {(text or "").strip().upper() for text in (activity.site, activity.legal_entity)}
        former = (activity.former or "").strip().upper()
        if former.startswith(_FINESS_PREFIX) and len(former) == len(_FINESS_PREFIX) + _FINESS_CHARS:
            written.add(former[1:])
        written.discard("")
        if not written:
            return None
        places |= written
    return frozenset(places)
