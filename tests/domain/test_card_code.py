"""The card code: written by an insurer, printed, scanned through any keyboard layout, read back whole."""

import json
from pathlib import Path

import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.domain import errors
from rempart.domain.card_code import (
    BASE_32,
    SCANNER_LAYOUTS,
    CardCode,
    parse_card_code,
    parse_card_secret,
    write_card_code,
)
from rempart.domain.identifiers import Nir, nir_key, parse_amc_number
from rempart.domain.rights import CardSecret

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "card_codes.json").read_text())
"""Also read by the browser's tests: the page must read what this file reads."""


def card_of(vector: dict[str, str | int]) -> CardCode:
    return CardCode(
        amc_number=parse_amc_number(str(vector["amc_number"])),
        nir=Nir.parse(str(vector["nir"])),
        birth_rank=int(vector["birth_rank"]),
        secret=CardSecret(str(vector["secret"])),
    )


@st.composite
def cards(draw: st.DrawFn) -> CardCode:
    place = draw(st.sampled_from(["75056", "2A004", "2B033", "97411", "99350", "01001"]))
    number = (
        f"{draw(st.sampled_from('12378'))}{draw(st.integers(0, 99)):02}{draw(st.sampled_from(['01', '12', '20', '99']))}"
        f"{place}{draw(st.integers(1, 999)):03}"
    )
    return CardCode(
        amc_number=parse_amc_number(f"{draw(st.integers(1, 9_999_999_999)):010}"),
        nir=Nir.parse(f"{number}{nir_key(number):02}"),
        birth_rank=draw(st.integers(1, 9)),
        secret=CardSecret(draw(st.text(BASE_32, min_size=16, max_size=32))),
    )


@given(cards())
def test_what_is_written_is_read_back_whole(card: CardCode) -> None:
    assert parse_card_code(write_card_code(card)) == card


@given(cards(), st.sampled_from(SCANNER_LAYOUTS))
def test_a_scanner_set_to_another_keyboard_is_understood(card: CardCode, layout: str) -> None:
    burst = write_card_code(card).translate(str.maketrans("0123456789", layout))
    assert parse_card_code(burst) == card


@given(cards(), st.data())
def test_a_digit_misread_or_two_swapped_are_noticed(card: CardCode, data: st.DataObject) -> None:
    code = write_card_code(card)
    at = data.draw(st.integers(2, len(code) - 2))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != code[at]))
    with pytest.raises((errors.identifiers.CardCodeRefused, errors.identifiers.IdentifierRefused)):
        parse_card_code(code[:at] + other + code[at + 1 :])
    if code[at] != code[at + 1]:
        with pytest.raises((errors.identifiers.CardCodeRefused, errors.identifiers.IdentifierRefused)):
            parse_card_code(code[:at] + code[at + 1] + code[at] + code[at + 2 :])


@settings(max_examples=25)
@given(cards())
def test_a_printed_qr_is_read_by_a_foreign_reader(card: CardCode) -> None:
    code = write_card_code(card)
    found = zxingcpp.read_barcodes(picture_of(segno.make_qr(code, error="q")))
    assert [barcode.text for barcode in found] == [code]


def picture_of(qr: segno.QRCode, scale: int = 4) -> memoryview:
    """Draw a QR in shades of grey, quiet zone included."""
    rows = [b"".join(bytes([0 if dark else 255]) * scale for dark in row) for row in qr.matrix_iter(border=4)]
    pixels = b"".join(row * scale for row in rows)
    return memoryview(pixels).cast("B", shape=[len(rows) * scale, len(rows[0])])


@pytest.mark.parametrize("vector", VECTORS["cards"], ids=lambda vector: vector["name"])
def test_each_published_code_is_that_of_its_card(vector: dict[str, str | int]) -> None:
    assert write_card_code(card_of(vector)) == vector["code"]
    for typed in vector["typed"]:
        assert parse_card_code(typed) == card_of(vector)


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_each_defect_has_its_own_refusal(vector: dict[str, str]) -> None:
    with pytest.raises(errors.RempartError) as refusal:
        parse_card_code(vector["typed"])
    assert refusal.value.code == vector["code"]
    assert refusal.value.place == "card"


def test_a_card_of_128_bits_takes_73_digits_and_a_small_qr() -> None:
    code = VECTORS["cards"][0]["code"]
    assert len(code) == 73
    assert segno.make_qr(code, error="q").designator == "3-Q"


def test_nothing_of_a_card_shows_in_its_repr() -> None:
    card = card_of(VECTORS["cards"][0])
    assert card.nir.number[3:] not in repr(card)
    assert card.secret.text not in repr(card)


def test_a_secret_is_read_with_small_letters_and_spaces() -> None:
    assert parse_card_secret("abcd efgh ijkl mnop").text == "ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize("text", ["", "ABCDEFGHIJKLMNO", "A" * 33, "ABCDEFGHIJKLMNO1", "ABCDEFGHIJKLMNOÉ"])
def test_a_secret_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(errors.identifiers.CardSecretRefused):
        parse_card_secret(text)
