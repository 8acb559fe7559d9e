"""Turn the lines of a register into rows, and say of each bad one what is wrong with it.

The directory's columns are taken by their names, in whatever order and among whatever others. The FINESS extraction names
none: its columns have the places that its documentation gives. A person without an RPPS number (type 0, ADELI) is passed over.

A bad line that names a person still says that the person is there: it becomes a row without a profession.

Sources: the directory's extraction in open access, "PS_LibreAcces_Personne_activite" (annuaire.sante.fr); FINESS, "extraction
des établissements", etalab format 1.1 (finess.esante.gouv.fr).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rempart.domain.errors.identifiers import IdentifierRefused
from rempart.domain.errors.registration import RegisterColumnMissing
from rempart.domain.identifiers import parse_finess, parse_rpps
from rempart.feeds.registers.files import DIRECTORY_SEPARATOR, RegisterFile

Row = tuple[str, ...]

_RPPS_TYPE: Final = "8"
_COLUMNS: Final = (
    "Type d'identifiant PP",
    "Identifiant PP",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Code profession",
    "Code mode exercice",
    "Numéro FINESS site",
    "Numéro FINESS établissement juridique",
    "Raison sociale site",
    "Code rôle",
)
_PLACE_MARK: Final = "structureet"
_PLACE_COLUMNS: Final = {"finess": 1, "name": 3, "commune": 12, "department": 13, "category": 18}
_PLACE_COLUMNS_MIN: Final = 19


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is wrong with a line: its number, the column, and whether it still names somebody."""

    number: int
    column: str
    reason: str
    names_somebody: bool


OnBadLine = Callable[[BadLine], None]


def rows_of(file: RegisterFile, on_bad_line: OnBadLine) -> Iterator[Row]:
    """Read the rows of a file, in the order of the staging tables' columns. Refuses: RegisterColumnMissing."""
    return _professionals(file, on_bad_line) if file.kind == "professionals" else _places(file, on_bad_line)


def _professionals(file: RegisterFile, on_bad_line: OnBadLine) -> Iterator[Row]:
    head = [name.strip() for name in file.head.split(DIRECTORY_SEPARATOR)]
    missing = [name for name in _COLUMNS if name not in head]
    if missing:
        raise RegisterColumnMissing(missing[0])
    kind_at, rpps_at, *rest = (head.index(name) for name in _COLUMNS)
    width = len(head) if head[-1] else len(head) - 1  # the extraction ends each line with a separator
    for number, line in file.lines():
        fields = line.split(DIRECTORY_SEPARATOR)
        if len(fields) < width:
            if line:
                on_bad_line(BadLine(number, "", "columns", names_somebody=False))
            continue
        if fields[kind_at].strip() != _RPPS_TYPE:
            continue
        rpps = _rpps(fields[rpps_at])
        if rpps is None:
            on_bad_line(BadLine(number, _COLUMNS[1], "rpps", names_somebody=False))
            continue
        family, given, profession, mode, site, legal_entity, organisation, role = (
            fields[place].strip() for place in rest
        )
        finess = _finess(site or legal_entity)
        if finess is None or not (profession.isascii() and profession.isdigit() and len(profession) == 2):
            wrong = (_COLUMNS[6], "finess") if finess is None else (_COLUMNS[4], "profession")
            on_bad_line(BadLine(number, *wrong, names_somebody=True))
            yield rpps, family, given, "", "", "", "", ""
            continue
        yield rpps, family, given, profession, finess, organisation, role, mode


def _places(file: RegisterFile, on_bad_line: OnBadLine) -> Iterator[Row]:
    at = _PLACE_COLUMNS
    for number, line in file.lines():
        fields = line.split(";")
        if fields[0] != _PLACE_MARK:
            continue  # geolocation, in the second half of the file
        if len(fields) < _PLACE_COLUMNS_MIN:
            on_bad_line(BadLine(number, "", "columns", names_somebody=False))
            continue
        finess = _finess(fields[at["finess"]].strip())
        name = fields[at["name"]].strip()
        if not finess or not name:
            on_bad_line(BadLine(number, "rs" if finess else "nofinesset", "place", names_somebody=False))
            continue
        yield (
            finess,
            name,
            fields[at["category"]].strip(),
            fields[at["department"]].strip(),
            fields[at["commune"]].strip(),
        )


def _rpps(written: str) -> str | None:
    try:
        return parse_rpps(written)
    except IdentifierRefused:
        return None


@lru_cache(65_536)
def _finess(written: str) -> str | None:
    """Read a FINESS number; an absent one is empty, None is one that is none."""
    if not written:
        return ""
    try:
        return parse_finess(written)
    except IdentifierRefused:
        return None
