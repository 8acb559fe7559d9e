"""The columns of a member file: their order, what each may hold, and the names that betray contact data.

This is docs/reference/member-file.md, as constants that the scalar and the vectorised checks share. Patterns are
ASCII or explicit ranges, so that Python and Rust read them alike.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from rempart.domain.rights import Domain

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ\u0300-\u036f"  # Latin letters, composed or followed by their accents
NAME_PATTERN: Final = f"[{_LETTER}'’][{_LETTER}'’.-]*(?: [{_LETTER}'’.-]+)*"
REFERENCE_PATTERN: Final = "[A-Z0-9-]+"
NUMBER_PATTERN: Final = "[A-Z0-9./-]+"
PLACE_PATTERN: Final = "(?:[0-9]{2}|2[AB])[0-9]{3}"
DATE_PATTERN: Final = "(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
DIGEST_PATTERN: Final = "[0-9a-f]{64}"
PHONE_PATTERN: Final = "(?:0033|0)[./-]?[1-9](?:[./-]?[0-9]{2}){4}"
IBAN_PATTERN: Final = "[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}"

DOMAIN_BITS: Final = {domain.name: domain.bit for domain in Domain}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: whether it may be empty, and either its pattern and longest content or its few contents."""

    name: str
    is_required: bool = True
    max_bytes: int = 0
    pattern: str | None = None
    listed: tuple[str, ...] = ()


COLUMNS: Final = (
    Column("beneficiary_id", max_bytes=24, pattern=REFERENCE_PATTERN),
    Column("nir"),
    Column("nir_is_own", listed=("0", "1")),
    Column("birth_date"),
    Column("birth_rank"),
    Column("other_aliases", is_required=False),
    Column("birth_name", max_bytes=160, pattern=NAME_PATTERN),
    Column("given_names", max_bytes=240, pattern=NAME_PATTERN),
    Column("sex", listed=("F", "M")),
    Column("birthplace", is_required=False, max_bytes=5, pattern=PLACE_PATTERN),
    Column("contract_number", max_bytes=24, pattern=NUMBER_PATTERN),
    Column("member_number", max_bytes=24, pattern=NUMBER_PATTERN),
    Column("product_code", max_bytes=24, pattern=NUMBER_PATTERN),
    Column("coverage_rank", listed=("1", "2")),
    Column("domains", is_required=False),
    Column("domains_without_tp", is_required=False),
    Column("waiting_domains", is_required=False),
    Column("waiting_until", is_required=False, max_bytes=10, pattern=DATE_PATTERN),
    Column("situation", listed=("active", "renewal", "suspended")),
    Column("opens_on", max_bytes=10, pattern=DATE_PATTERN),
    Column("ends_on", is_required=False, max_bytes=10, pattern=DATE_PATTERN),
    Column("card_secret_sha256", is_required=False, max_bytes=64, pattern=DIGEST_PATTERN),
)
CHANGE_COLUMN: Final = Column("change", listed=("close", "upsert"))

FREE_NUMBER_COLUMNS: Final = ("beneficiary_id", "contract_number", "member_number", "product_code")
NAME_COLUMNS: Final = ("birth_name", "given_names")
DOMAIN_COLUMNS: Final = ("domains", "domains_without_tp", "waiting_domains")
DATE_COLUMNS: Final = ("waiting_until", "opens_on", "ends_on")


def columns_of(kind: str) -> tuple[Column, ...]:
    """List the columns of a full or a delta file, in the order in which we write them."""
    return (*COLUMNS, CHANGE_COLUMN) if kind == "delta" else COLUMNS


_CONTACT_WORDS = frozenset(
    [
        "mail",
        "tel",
        "phone",
        "mobile",
        "portable",
        "gsm",
        "fax",
        "sms",
        "adr",
        "addr",
        "rue",
        "voie",
        "street",
        "city",
        "ville",
        "commune",
        "cp",
        "zip",
        "iban",
        "rib",
        "bic",
        "swift",
    ]
)
_CONTACT_PARTS = (
    "email", "courriel", "telephone", "adresse", "address", "postal", "bancaire", "bank", "banque", "contact",
)  # fmt: skip


def contact_word_in(name: str) -> str | None:
    """Find the word that makes a column's name one of contact data; None where there is none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    joined = re.sub("[^a-z]", "", plain)
    for part in _CONTACT_PARTS:
        if part in joined:
            return part
    words = re.split("[^a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", name).lower())
    return next((word for word in words if word in _CONTACT_WORDS), None)
