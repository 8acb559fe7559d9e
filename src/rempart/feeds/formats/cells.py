"""What is wrong in one row of a member file, cell by cell: the readable rules, in plain Python.

`rows.py` finds the same bad cells in whole columns at once, and comes here only to name the reason; a property
test holds the two together. Reasons are the stable codes of docs/reference/member-file.md.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from rempart.domain.birth_dates import BirthDate, parse_birth_rank
from rempart.domain.errors.identifiers import IdentifierRefused
from rempart.domain.identifiers import Nir
from rempart.feeds.formats.columns import (
    DATE_COLUMNS,
    DATE_PATTERN,
    DOMAIN_BITS,
    DOMAIN_COLUMNS,
    FREE_NUMBER_COLUMNS,
    IBAN_PATTERN,
    NAME_COLUMNS,
    PHONE_PATTERN,
    Column,
)
from rempart.limits.files import OTHER_ALIASES_MAX

Row = Mapping[str, str | None]

_PHONE = re.compile(PHONE_PATTERN)
_PHONE_IN_TEXT = re.compile(r"(?:\+33|0033|0)[\s./-]?[1-9](?:[\s./-]?[0-9]{2}){4}")
_IBAN = re.compile(IBAN_PATTERN)
_DATE = re.compile(DATE_PATTERN)
_FORM_REASONS: Final = {"birthplace": "birthplace-form", "card_secret_sha256": "digest-form"}


def reason_of(column: Column, row: Row) -> str | None:
    """Name what is wrong in one cell of a row; None when nothing is."""
    text = row[column.name]
    if text is None:
        return _reason_when_empty(column, row)
    return (
        _reason_of_contact(column.name, text)
        or _reason_of_form(column, text)
        or _reason_of_content(column.name, text, row)
    )


def _reason_when_empty(column: Column, row: Row) -> str | None:
    """Refuse an empty cell where there must be something."""
    if column.name == "waiting_until" and row["waiting_domains"] is not None:
        return "waiting-incomplete"
    return "value-missing" if column.is_required else None


def _reason_of_contact(name: str, text: str) -> str | None:
    """Refuse what looks like an e-mail address, a telephone number or an IBAN."""
    if name in FREE_NUMBER_COLUMNS:
        looks = "@" in text or _PHONE.fullmatch(text) or _PHONE_IN_TEXT.fullmatch(text) or is_iban(text)
    elif name in NAME_COLUMNS:
        looks = "@" in text or _PHONE_IN_TEXT.search(text) or is_iban(text)
    else:
        return None
    return "looks-like-contact-data" if looks else None


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN, spaces apart, with a right key."""
    compact = re.sub(r"[\s./-]", "", text).upper()
    if _IBAN.fullmatch(compact) is None:
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def _reason_of_form(column: Column, text: str) -> str | None:
    """Refuse a content that is not listed, too long, or not in its column's pattern."""
    if column.listed:
        return None if text in column.listed else "value-not-listed"
    if column.pattern is None or column.name in DATE_COLUMNS:
        return None  # the rules of the content say more
    if re.fullmatch(column.pattern, text) is not None and len(text.encode()) <= column.max_bytes:
        return None
    too_long = "value-too-long" if len(text.encode()) > column.max_bytes else "value-character"
    return _FORM_REASONS.get(column.name, too_long)


def _reason_of_content(name: str, text: str, row: Row) -> str | None:
    """Refuse a content that has the right form and cannot be."""
    if name == "beneficiary_id":
        nir = row["nir"]
        return (
            "nir-inside-reference" if nir and len(nir) >= 13 and nir[:13] in text.replace("-", "") else None
        )
    if name in ("nir", "birth_date", "birth_rank"):
        return _reason_of_identifier(name, text)
    if name == "other_aliases":
        return reason_of_aliases(text)
    if name in DOMAIN_COLUMNS:
        return _reason_of_domains(name, text, row)
    if name in DATE_COLUMNS:
        return _reason_of_date(name, text, row)
    return None


def _reason_of_identifier(name: str, text: str) -> str | None:
    """Say with the identifier's own error what is wrong in it; a file has no space and no small letter to forgive."""
    try:
        if name == "nir":
            if Nir.parse(text).compact != text:
                return "nir-character" if len(text) == 15 else "nir-length"
        elif name == "birth_date":
            BirthDate.parse(text)
        elif str(parse_birth_rank(text)) != text:
            return "birth-rank"
    except IdentifierRefused as error:
        return error.code
    return None


def reason_of_aliases(text: str) -> str | None:
    """Name what is wrong in a list of `nir/birth_date/rank`."""
    aliases = text.split(" ")
    if len(aliases) > OTHER_ALIASES_MAX:
        return "alias-too-many"
    for alias in aliases:
        parts = alias.split("/")
        if len(parts) != 3:
            return "alias-form"
        for name, part in zip(("nir", "birth_date", "birth_rank"), parts, strict=True):
            if (reason := _reason_of_identifier(name, part)) is not None:
                return reason
    return None


def mask_of(text: str | None) -> int | None:
    """Read a list of domain codes as a mask; None when a code is unknown or written twice."""
    mask = 0
    for code in text.split(" ") if text is not None else ():
        bit = DOMAIN_BITS.get(code, 0)
        if bit == 0 or mask & bit:
            return None
        mask |= bit
    return mask


def _reason_of_domains(name: str, text: str, row: Row) -> str | None:
    """Refuse an unknown code, a code written twice, and lists that contradict each other."""
    mask = mask_of(text)
    if mask is None:
        known = all(code in DOMAIN_BITS for code in text.split(" "))
        return "domain-twice" if known else "domain-unknown"
    with_tp = mask_of(row["domains"])
    if name == "domains_without_tp" and with_tp is not None and mask & with_tp:
        return "domain-overlap"
    if name == "waiting_domains":
        without_tp = mask_of(row["domains_without_tp"])
        if with_tp is not None and without_tp is not None and mask & ~(with_tp | without_tp):
            return "waiting-not-covered"
    return None


def date_of(text: str | None) -> date | None:
    """Read a date of a member file; None when it is none."""
    if text is None or _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _reason_of_date(name: str, text: str, row: Row) -> str | None:
    """Refuse what is no date, a period that ends before it opens, and a waiting period of nothing."""
    if _DATE.fullmatch(text) is None:
        return "date-form"
    day = date_of(text)
    if day is None:
        return "date-impossible"
    if name == "ends_on":
        opens_on = date_of(row["opens_on"])
        return "period-reversed" if opens_on is not None and day < opens_on else None
    if name == "waiting_until" and row["waiting_domains"] is None:
        return "waiting-incomplete"
    return None
