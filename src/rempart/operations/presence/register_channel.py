"""Say where an insurer is reached, under which key we sign, and which references stand for its people.

The references are made through the keyring as a member file's are: no key leaves. Never: keep a number that was typed.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import polars as pl
import psycopg
from psycopg.rows import TupleRow

from rempart.adapters.provider_calls import is_allowed
from rempart.domain.errors import RempartError
from rempart.domain.errors.member_files import InsurerUnregistered
from rempart.domain.errors.registration import AuthorisationUnknown, ChannelRefused, ReferenceRefused
from rempart.domain.identifiers import AmcNumber
from rempart.domain.trace import receipt_id_of
from rempart.feeds import digests
from rempart.feeds.formats.columns import COLUMNS
from rempart.feeds.keyed_digests import KeyedDigests
from rempart.keyring.bulk import BulkKeyring
from rempart.keyring.client import Keyring
from rempart.operations.console.proposals import Asked, ask
from rempart.operations.presence.messages import SIGNING_KEY
from rempart.security.webhooks import written_key
from rempart.settings import Settings
from rempart.store.presence import channels as kept

_NUMBER: Final = next(column for column in COLUMNS if column.name == "beneficiary_id")
_REFERENCE: Final = re.compile(r"[0-9a-f]{32}")
_URL_MAX_CHARS: Final = 300


def set_channel(
    connection: psycopg.Connection[TupleRow], amc_number: AmcNumber, url: str, because: str, by: str
) -> Asked:
    """Ask that an insurer be reached at an address. Refuses: ChannelRefused, InsurerUnregistered, ReasonMissing.

    Whoever answers there gives codes and approvals for all its people: an address that is not the one in force is signed by two.
    """
    parts = urlsplit(url)
    if (
        not is_allowed(url)
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
        or len(url) > _URL_MAX_CHARS
        or not (url.isascii() and url.isprintable())
    ):
        raise ChannelRefused("url")
    what = {"amc": str(amc_number), "url": url}
    return ask(connection, "channel", what, because, by, _refusals())


def close_channel(
    connection: psycopg.Connection[TupleRow], amc_number: AmcNumber, because: str, by: str
) -> Asked:
    """Reach an insurer no more, at once. Refuses: InsurerUnregistered, ReasonMissing."""
    return ask(connection, "channel", {"amc": str(amc_number), "url": None}, because, by, _refusals())


def _refusals() -> dict[str, RempartError]:
    return {"unknown": InsurerUnregistered("amc"), "not-possible": ChannelRefused("url")}


def public_key(settings: Settings) -> str:
    """Give the public key of the channel, as libraries of Standard Webhooks read it; make the key if it is missing."""
    return asyncio.run(_public_key(settings))


async def _public_key(settings: Settings) -> str:
    keyring = await Keyring.connect(settings, "operator")
    try:
        await keyring.create([SIGNING_KEY])  # a platform older than its channel has none yet
        return written_key(await keyring.public_key(SIGNING_KEY))
    finally:
        await keyring.close()


def references_of(settings: Settings, amc_number: AmcNumber, numbers: Sequence[str]) -> list[str]:
    """Give the reference of each of an insurer's own numbers, in hex, in their order. Refuses: ReferenceRefused, KeyUnknown."""
    column = pl.Series("number", list(numbers), dtype=pl.String)
    for place, number in enumerate(numbers, 1):
        if len(number.encode()) > (_NUMBER.max_bytes or 0) or not re.fullmatch(_NUMBER.pattern or "", number):
            raise ReferenceRefused(f"line {place}")
    if not numbers:
        return []
    with BulkKeyring(settings, "feeds") as keyring:
        key, *_ = keyring.index(str(amc_number), digests.KEYS.split(b"\n"))
    return [row.tobytes().hex() for row in KeyedDigests(key).of(digests.number_cells(column))]


def list_standing(
    connection: psycopg.Connection[TupleRow], trace: str | None, reference: str | None
) -> list[kept.Authorisation]:
    """List the authorisations of a trace number or a person. Refuses: ReferenceRefused."""
    return kept.standing_of(connection, *_about(trace, reference))


def revoke_standing(
    connection: psycopg.Connection[TupleRow], trace: str | None, reference: str | None, by: str
) -> int:
    """Take them back, on the insurer's word; their number. Refuses: ReferenceRefused, AuthorisationUnknown."""
    count = kept.revoke_standing(connection, *_about(trace, reference), by)
    if count == 0:
        raise AuthorisationUnknown("trace" if trace is not None else "reference")
    return count


def _about(trace: str | None, reference: str | None) -> tuple[int | None, bytes | None]:
    if (trace is None) == (reference is None):
        raise ReferenceRefused("trace, reference")
    if trace is not None:
        receipt_id = receipt_id_of(trace)
        if receipt_id is None:
            raise ReferenceRefused("trace")
        return receipt_id, None
    if reference is None or _REFERENCE.fullmatch(reference.strip().lower()) is None:
        raise ReferenceRefused("reference")
    return None, bytes.fromhex(reference.strip())
