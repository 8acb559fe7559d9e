"""Plant canaries in a list that may be stolen, and retire them.

They are made as a member file's people are: digested and sealed through the keyring, on the terms of rights that the
insurer's own people have. What is written for whoever keeps the list is the only place where they are in clear.

To plant takes one person, to retire two. Never: write a canary in a member file, a log or a report.
"""

import os
import secrets
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl
import psycopg
from psycopg.rows import TupleRow

from rempart.adapters import clock
from rempart.domain.errors import Bug
from rempart.domain.errors.gate import (
    CanaryInsurerEmpty,
    CanaryListTaken,
    CanaryListUnknown,
    CanaryListUnnamed,
    CanaryRetiredBySamePerson,
)
from rempart.domain.identifiers import AmcNumber
from rempart.feeds.copy_rows import Cells
from rempart.feeds.formats.columns import COLUMNS
from rempart.feeds.formats.member_file import Batch
from rempart.feeds.formats.rows import LINE, check
from rempart.feeds.ingest import Digested, Ingest
from rempart.keyring.bulk import BulkKeyring
from rempart.limits.files import CANARY_LIST_NAME_MAX_CHARS
from rempart.operations.console.proposals import Asked, ask
from rempart.people.canaries import Canary, draw_canary
from rempart.people.place import private_files
from rempart.settings import Settings
from rempart.store.detectors import canaries as kept

_DRAWS: Final = 5
"""How often a list is drawn again because somebody real is in it; once is a chance in thousands."""

_ADVICE: Final = """\
# Leurres à mêler à la liste : {planted_in}
# Ces personnes n'existent pas. Toute question à leur sujet gèle aussitôt le compte qui la pose.
# À faire : dispersez ces lignes parmi les vôtres, là où un voleur les prendrait avec le reste, puis effacez ce fichier.
# À ne jamais faire : les mettre dans un fichier d'adhérents, sur une carte, dans un envoi ; les interroger pour essayer.
"""
_COLUMNS: Final = (
    "amc_number", "nir", "birth_date", "birth_rank", "birth_name", "given_names", "sex", "beneficiary_id", "contract_number",
    "member_number",
)  # fmt: skip


def plant(
    settings: Settings,
    connection: psycopg.Connection[TupleRow],
    amc_number: AmcNumber,
    planted_in: str,
    count: int,
    planted_by: str,
    out: Path,
) -> int:
    """Plant so many people in a list and write them for whoever keeps it; give the list's number.

    Refuses: CanaryListUnnamed, CanaryListTaken, CanaryInsurerEmpty, outages of the keyring.
    """
    if not (1 <= len(planted_in) <= CANARY_LIST_NAME_MAX_CHARS and planted_in.isprintable()):
        raise CanaryListUnnamed("in")
    if out.exists():
        raise CanaryListTaken(out.name)
    shapes = kept.canary_shapes(connection, str(amc_number), count)
    if not shapes:
        raise CanaryInsurerEmpty(f"amc {amc_number}")
    while len(shapes) < count:  # few have open rights: some canaries have the terms of one person
        shapes.append(secrets.choice(shapes))
    for _ in range(_DRAWS):
        people = [draw_canary(clock.today("Europe/Paris")) for _ in range(count)]
        draft = out.with_name(f".{out.name}.new")
        draft.unlink(missing_ok=True)
        with private_files():
            draft.write_text(_written(amc_number, planted_in, people), encoding="utf-8")
        try:
            rows = _digested(settings, amc_number, people, shapes)
            list_id = kept.plant_canaries(connection, str(amc_number), planted_in, planted_by, rows)
        except kept.CanaryKnown:
            continue
        else:
            os.link(draft, out)  # unlike a rename, never in the place of a file that came meanwhile
            if list_id is not None:
                return list_id
        finally:
            draft.unlink(missing_ok=True)
    raise Bug


def retire(connection: psycopg.Connection[TupleRow], list_id: int, because: str, asked_by: str) -> Asked:
    """Ask for the retirement of a list, or agree to it as a second person where nobody has a key.

    Refuses: CanaryListUnknown, CanaryRetiredBySamePerson, ReasonMissing.
    """
    return ask(
        connection,
        "canaries",
        {"list_id": list_id},
        because,
        asked_by,
        {"unknown": CanaryListUnknown(f"list {list_id}"), "same-person": CanaryRetiredBySamePerson()},
    )


def _written(amc_number: AmcNumber, planted_in: str, people: list[Canary]) -> str:
    rows = [
        ";".join(
            str(amc_number) if name == "amc_number"
            else one.nir.compact if name == "nir"
            else str(getattr(one, name))
            for name in _COLUMNS
        )
        for one in people
    ]  # fmt: skip
    return _ADVICE.format(planted_in=planted_in) + "\n".join((";".join(_COLUMNS), *rows)) + "\n"


def _digested(
    settings: Settings, amc_number: AmcNumber, people: list[Canary], shapes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Make of each canary what a load would make of a line, and join the terms of its rights."""
    texts = pl.DataFrame(
        [_line_of(one, shape["opens_on"]) for one, shape in zip(people, shapes, strict=True)],
        schema=dict.fromkeys((column.name for column in COLUMNS), pl.String),
    ).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE))
    rows, bad_lines = check(texts, COLUMNS)
    if bad_lines:
        raise Bug
    with BulkKeyring(settings, "feeds") as keyring:
        digested = Ingest(str(amc_number), keyring).digest(Batch(rows, [], rows.height, rows.height))
    return [
        row | _terms_of(shape)
        for row, shape in zip(_columns_of(digested), shapes, strict=True)
    ]  # fmt: skip


def _columns_of(digested: Digested) -> list[dict[str, Any]]:
    """Lay out what a load keeps of each line; each person has one."""
    if (
        digested.people is None
        or digested.lines is None
        or len(digested.people.alias) != len(digested.lines.line)
    ):
        raise kept.CanaryKnown  # two of one reference: draw again
    seals = {
        _hex(contract): (_hex(traits), _hex(sealed))
        for some in digested.identities
        for contract, traits, sealed in zip(some.contract, some.traits, some.sealed, strict=True)
    }
    named = zip(digested.lines.reference, digested.people.alias, digested.lines.contract, strict=True)
    return [
        {
            "reference": _hex(reference),
            "alias": _hex(alias),
            "contract": _hex(contract),
            "traits": seals[_hex(contract)][0],
            "sealed": seals[_hex(contract)][1],
        }
        for reference, alias, contract in named
    ]


def _hex(cell: Cells) -> str:
    return cell.tobytes().hex()


def _terms_of(shape: dict[str, Any]) -> dict[str, Any]:
    """Write the terms as JSON has them; a card is the digest of a secret that nobody has."""
    terms = {name: part.isoformat() if hasattr(part, "isoformat") else part for name, part in shape.items()}
    return terms | {"card": secrets.token_hex(32) if terms.pop("has_card") else None}


def _line_of(one: Canary, opens_on: date) -> dict[str, str | None]:
    return {
        "beneficiary_id": one.beneficiary_id,
        "nir": one.nir.compact,
        "nir_is_own": "1",
        "birth_date": one.birth_date,
        "birth_rank": str(one.birth_rank),
        "birth_name": one.birth_name,
        "given_names": one.given_names,
        "sex": one.sex,
        "birthplace": one.birthplace,
        "contract_number": one.contract_number,
        "member_number": one.member_number,
        "product_code": "-",
        "coverage_rank": "1",
        "situation": "active",
        "opens_on": opens_on.isoformat(),
    }
