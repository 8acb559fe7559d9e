"""What a batch becomes: digests by their formula, seals that open to the traits, people kept together."""

import hmac
from datetime import date
from hashlib import sha256
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.domain.birth_dates import BirthDate
from rempart.domain.identifiers import Nir, alias_message
from rempart.feeds import digests
from rempart.feeds.formats.columns import columns_of
from rempart.feeds.formats.member_file import Batch
from rempart.feeds.formats.rows import check
from rempart.feeds.ingest import Ingest, keep_people_together
from tests.support.member_rows import family, nadia, numbered


class PlainKeyring:
    """Computes what the keyring computes, under a key that is known, and keeps what it was asked to seal."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.sealed: list[tuple[bytes, bytes]] = []

    def index_joined(self, amc_number: str, joined: bytes) -> bytes:
        """Digest each message."""
        assert amc_number == "0990000018"
        self.messages += joined.split(b"\n")
        return b"".join(hmac.digest(b"key", message, "sha256") for message in joined.split(b"\n"))

    def seal(self, amc_number: str, associated: list[bytes], plaintexts: list[bytes]) -> list[bytes]:
        """Keep each text and what it is bound to."""
        assert amc_number == "0990000018"
        self.sealed += zip(associated, plaintexts, strict=True)
        return [b"sealed"] * len(plaintexts)


def batch_of(rows: list[dict[str, str | None]]) -> Batch:
    good, bad = check(numbered(rows), columns_of("full"))
    assert not bad
    return Batch(good, [], len(rows), len(rows))


def test_an_alias_is_asked_for_with_the_message_that_the_gate_uses() -> None:
    keyring = PlainKeyring()
    Ingest("0990000018", 1, keyring).stage(batch_of(family()))
    for row in family():
        of_row = alias_message(
            Nir.parse(str(row["nir"])), BirthDate.parse(str(row["birth_date"])), int(str(row["birth_rank"]))
        )
        assert of_row in keyring.messages
    assert b"284119935000152|20180228|2" in keyring.messages
    assert b"ref|P-0001" in keyring.messages


def test_what_is_sealed_is_the_traits_bound_to_their_record_and_insurer() -> None:
    keyring = PlainKeyring()
    staged = Ingest("0990000018", 1, keyring).stage(batch_of([nadia()]))
    ((record, text),) = keyring.sealed
    traits = dict(zip(digests.TRAITS, text.decode().split(";"), strict=True))
    assert traits == {name: (nadia()[name] or "") for name in digests.TRAITS}
    key = hmac.digest(b"key", b"ref|P-0001", sha256)[16:]
    (contract,) = digests.contract_digests([key], ["C-2024/017"])
    days = date(2024, 1, 1) - date(2000, 1, 1)
    assert record == contract + days.days.to_bytes(4, "big") + b"0990000018"
    assert contract in staged.copies["lines"]
    assert contract in staged.copies["identities"]
    assert key not in b"".join(staged.copies.values())


@pytest.mark.parametrize("trait", [name for name in digests.TRAITS if name != "beneficiary_id"])
def test_each_trait_that_changes_is_seen(trait: str) -> None:
    other = {
        "nir": "284119935000152", "nir_is_own": "0", "birth_date": "19850518", "birth_rank": "2", "sex": "M",
        "other_aliases": "284119935000152/19850517/1", "birth_name": "LEFÈVRE", "given_names": "Nadine",
        "birthplace": None, "contract_number": "C-9", "member_number": "70012346",
    }  # fmt: skip
    texts = digests.traits_texts(batch_of([nadia(), nadia(**{trait: other[trait]})]).rows)
    first, second = digests.traits_digests([bytes(16)] * 2, texts)
    assert first != second


def test_two_kinds_of_message_never_meet() -> None:
    keyring = PlainKeyring()
    Ingest("0990000018", 1, keyring).stage(batch_of(family()))
    assert {message[:1].isdigit() for message in keyring.messages if message.startswith(b"ref|")} == {False}
    assert all(message[:1].isdigit() for message in keyring.messages if not message.startswith(b"ref|"))


people = st.lists(st.sampled_from(["P-1", "P-2", "P-3", "P-4"]), min_size=1, max_size=30)


@given(ids=people, cuts=st.lists(st.integers(1, 10), min_size=1))
def test_neighbouring_lines_of_a_person_come_together(ids: list[str], cuts: list[int]) -> None:
    frame = pl.DataFrame({"beneficiary_id": ids, "line": range(2, len(ids) + 2)})
    pieces, start = [], 0
    for size in [*cuts, len(ids)]:
        piece = frame.slice(start, size)
        start += piece.height
        pieces.append(Batch(piece, [], piece.height, start))
    together = [batch.rows for batch in keep_people_together(iter(pieces))]
    assert sorted(pl.concat(together)["line"]) == frame["line"].to_list()
    of_line = {line: at for at, rows in enumerate(together) for line in rows["line"]}
    for line, (first, second) in enumerate(pairwise(ids), 2):
        if first == second:
            assert of_line[line] == of_line[line + 1]
