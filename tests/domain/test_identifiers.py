"""Identifiers: the published vectors, each defect with its own error, and nothing that prints a whole NIR."""

import copy
import dataclasses
import json
import logging
import pickle
import traceback

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.fr import nir as stdnum_nir

from rempart.domain.birth_dates import BirthDate
from rempart.domain.errors import identifiers as errors
from rempart.domain.errors.registration import NameRefused
from rempart.domain.identifiers import (
    Nir,
    alias_message,
    nir_key,
    parse_amc_number,
    parse_finess,
    parse_rpps,
    parse_shown_name,
)

CAMILLE = "185057800608491"

PUBLISHED = [
    ("2 95 10 99 126 111", "93"),
    ("2 53 07 2B 073 004", "70"),
    ("2 53 07 2A 073 004", "43"),
    ("2 55 08 14 168 025", "38"),
    ("1 78 05 99 330 108", "17"),  # born abroad
    ("1 85 05 78 006 084", "91"),
    ("7 85 05 78 006 084", "82"),  # provisional
    ("1 85 32 99 123 456", "51"),  # pseudo-month
]

REFUSED = [
    ("", errors.NirLengthWrong),
    ("1850578006084", errors.NirKeyMissing),
    ("1 85 05 78 006 084", errors.NirKeyMissing),
    ("18505780060849", errors.NirLengthWrong),
    ("1850578006084910", errors.NirLengthWrong),
    ("2530772C7300443", errors.NirCharacterWrong),
    ("253072C07300443", errors.NirCharacterWrong),
    ("2530712A7300443", errors.NirCharacterWrong),  # a letter one place too far
    ("253071A07300443", errors.NirCharacterWrong),  # a letter that is no département
    ("18505780060849A", errors.NirCharacterWrong),
    ("1٨5057800608491", errors.NirCharacterWrong),  # a digit, but not one of ours
    ("085057800608491", errors.NirSexDigitUnknown),
    ("985057800608491", errors.NirSexDigitUnknown),
    ("185007800608491", errors.NirMonthImpossible),
    ("185137800608491", errors.NirMonthImpossible),
    ("185197800608491", errors.NirMonthImpossible),
    ("185217800608491", errors.NirMonthImpossible),
    ("185437800608491", errors.NirMonthImpossible),
    ("185497800608491", errors.NirMonthImpossible),
    ("185050000608491", errors.NirPlaceImpossible),  # no département 00
    ("185057800008491", errors.NirPlaceImpossible),  # no commune 000
    ("185059710008491", errors.NirPlaceImpossible),  # no commune 00 overseas
    ("185057800600091", errors.NirOrderImpossible),
    ("295109912611199", errors.NirKeyWrong),
    ("185057800608490", errors.NirKeyWrong),
    ("185057800608400", errors.NirKeyWrong),
    ("255555591104274", errors.NirFictitious),  # contraception of minors, in Essonne
]


@pytest.mark.parametrize(("number", "key"), PUBLISHED)
def test_a_published_number_is_read_with_its_key(number: str, key: str) -> None:
    nir = Nir.parse(f"{number} {key}")

    assert nir.number == number.replace(" ", "")
    assert nir.key == key
    assert nir.compact == nir.number + key


@pytest.mark.parametrize(("number", "key"), PUBLISHED)
def test_small_letters_and_any_space_are_read(number: str, key: str) -> None:
    typed = f"\u202f{number.lower()}\u00a0{key}\t"

    assert Nir.parse(typed) == Nir.parse(number + key)


@pytest.mark.parametrize(("text", "error"), REFUSED)
def test_each_defect_is_refused_with_its_own_error(text: str, error: type[errors.IdentifierRefused]) -> None:
    with pytest.raises(errors.IdentifierRefused) as caught:
        Nir.parse(text)

    assert type(caught.value) is error


def test_every_nir_error_has_an_example_here() -> None:
    shown = {error for _, error in REFUSED}

    assert shown == {e for e in errors.IdentifierRefused.__subclasses__() if e.code.startswith("nir-")}


@pytest.mark.parametrize("month", ["01", "12", "20", "30", "42", "50", "99"])
def test_a_month_of_incomplete_civil_status_is_accepted(month: str) -> None:
    number = f"185{month}78006084"

    assert Nir.parse(f"{number}{nir_key(number):02}").number == number


@pytest.mark.parametrize(
    "place", ["01001", "20050", "2A004", "2B033", "95018", "96001", "97411", "98818", "99350"]
)
def test_every_kind_of_birthplace_is_accepted(place: str) -> None:
    number = f"26203{place}012"

    assert Nir.parse(f"{number}{nir_key(number):02}").number == number


@pytest.mark.parametrize("sex", "12345678")
def test_registered_and_provisional_numbers_are_told_apart(sex: str) -> None:
    number = f"{sex}850578006084"

    assert Nir.parse(f"{number}{nir_key(number):02}").is_provisional == (sex not in "12")


places = st.one_of(
    st.tuples(
        st.sampled_from([f"{d:02}" for d in [*range(1, 97), 99]] + ["2A", "2B"]), st.integers(1, 999)
    ).map(lambda place: f"{place[0]}{place[1]:03}"),
    st.tuples(st.integers(970, 989), st.integers(1, 99)).map(lambda place: f"{place[0]}{place[1]:02}"),
)
numbers = st.builds(
    "{}{:02}{:02}{}{:03}".format,
    st.integers(1, 8),
    st.integers(0, 99),
    st.sampled_from([*range(1, 13), 20, *range(30, 43), *range(50, 100)]),
    places,
    st.integers(1, 999),
).filter(lambda number: number[1:7] != "555555")


@given(numbers)
def test_the_key_is_that_of_an_independent_library(number: str) -> None:
    expected = stdnum_nir.calc_check_digits(number)

    assert Nir.parse(number + expected).key == expected


@given(numbers, st.integers(0, 99))
def test_no_other_key_passes(number: str, key: int) -> None:
    if key == nir_key(number):
        assert stdnum_nir.is_valid(f"{number}{key:02}")
    else:
        with pytest.raises(errors.NirKeyWrong):
            Nir.parse(f"{number}{key:02}")


@given(numbers, st.integers(0, 12), st.sampled_from("0123456789"))
def test_one_mistyped_digit_is_always_seen(number: str, position: int, digit: str) -> None:
    mistyped = number[:position] + digit + number[position + 1 :]
    if mistyped != number and "A" not in mistyped and "B" not in mistyped:
        with pytest.raises(errors.IdentifierRefused):
            Nir.parse(f"{mistyped}{nir_key(number):02}")


@given(st.text())
@example("1 85 05 78 006 084 91")
def test_any_text_is_read_or_refused_and_never_repeated(text: str) -> None:
    refusal = _refusal_of(text)

    if refusal is None:
        assert Nir.parse(text).compact == "".join(text.split()).upper()
    else:
        assert refusal.args == (f"{refusal.code} at patient.identifier",)
        assert refusal.__cause__ is None
        assert refusal.__context__ is None


def _refusal_of(text: str) -> errors.IdentifierRefused | None:
    """Give the error with which a text is refused as a NIR, None when it is read."""
    try:
        Nir.parse(text, "patient.identifier")
    except errors.IdentifierRefused as error:
        return error
    return None


@dataclasses.dataclass
class Beneficiary:
    """A record such as any module could write around a NIR."""

    nir: Nir
    birth_date: BirthDate


def test_nothing_that_prints_shows_the_digits(caplog: pytest.LogCaptureFixture) -> None:
    nir = Nir.parse(CAMILLE)
    beneficiary = Beneficiary(nir, BirthDate.parse("19850517"))
    logging.getLogger("test").warning("%s %r", nir, beneficiary)
    with pytest.raises(ValueError, match="1 85 ••") as caught:
        _fail_with(nir)
    seen = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [
        str(nir),
        repr(nir),
        f"{nir}",
        f"{nir!r:>40}",
        f"{nir:>40}",
        "%s" % nir,  # noqa: UP031 - the old way must be safe too
        repr([nir]),
        repr(beneficiary),
        repr(dataclasses.asdict(beneficiary)),
        caplog.text,
        "".join(seen.format()),
    ]

    assert nir.masked == "1 85 •• •• ••• ••• ••"
    for text in shown:
        assert "1 85 ••" in text
        assert "0578" not in text
        assert "006084" not in text
        assert "19850517" not in text


def _fail_with(nir: Nir) -> None:
    """Raise an error that carries a NIR, as careless code would."""
    raise ValueError(nir)


@pytest.mark.parametrize(
    "secret", [Nir.parse(CAMILLE), BirthDate.parse("19850517")], ids=["nir", "birth date"]
)
def test_no_serialiser_takes_it_out_by_accident(secret: Nir | BirthDate) -> None:
    for serialise in (pickle.dumps, json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError) as caught:
            serialise(secret)
        assert "0578006" not in str(caught.value)
        assert "0517" not in str(caught.value)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_a_nir_cannot_be_changed_nor_made_unchecked() -> None:
    nir = Nir.parse(CAMILLE)

    with pytest.raises(AttributeError):
        nir._compact = "1"
    with pytest.raises(TypeError):
        Nir()


def test_equal_numbers_are_one_key() -> None:
    assert {Nir.parse(CAMILLE): "Camille"}[Nir.parse("1 85 05 78 006 084 91")] == "Camille"
    assert Nir.parse(CAMILLE) != CAMILLE


def test_the_alias_message_is_the_one_everybody_agreed_on() -> None:
    nir = Nir.parse("2 53 07 2a 073 004 43")

    assert alias_message(nir, BirthDate.parse("19531399")) == b"253072A07300443|19531399|1"
    assert alias_message(nir, BirthDate.parse("20140230"), 2) == b"253072A07300443|20140230|2"


@pytest.mark.parametrize(
    "text",
    [
        "750712184",
        "750000358",
        "990781056",
        "75 071 218 4",
        "2A0000014",
        "2b0000020",
        "2B0005342",
        "2B0004246",
    ],
)
def test_a_finess_number_is_read(text: str) -> None:
    assert parse_finess(text) == text.replace(" ", "").upper()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("75071218", errors.FinessLengthWrong),
        ("7507121844", errors.FinessLengthWrong),
        ("75O712184", errors.FinessCharacterWrong),
        ("2C0000020", errors.FinessCharacterWrong),
        ("000000000", errors.FinessDepartementUnknown),
        ("750712185", errors.FinessKeyWrong),
        ("2A0000020", errors.FinessKeyWrong),
    ],
)
def test_a_wrong_finess_number_is_refused(text: str, error: type[errors.IdentifierRefused]) -> None:
    with pytest.raises(error):
        parse_finess(text)


def test_an_rpps_number_is_read() -> None:
    assert parse_rpps("1000 5173 140") == "10005173140"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1000517314", errors.RppsLengthWrong),
        ("1000517314A", errors.RppsCharacterWrong),
        ("1000517314²", errors.RppsCharacterWrong),
        ("10005173141", errors.RppsKeyWrong),
        ("00000000000", errors.RppsKeyWrong),
    ],
)
def test_a_wrong_rpps_number_is_refused(text: str, error: type[errors.IdentifierRefused]) -> None:
    with pytest.raises(error):
        parse_rpps(text)


@given(st.integers(10**9, 10**10 - 1), st.integers(1, 9))
def test_a_neighbour_of_an_rpps_number_is_refused(stem: int, step: int) -> None:
    valid = next(f"{stem}{key}" for key in range(10) if _is_rpps(f"{stem}{key}"))
    neighbour = f"{stem}{(int(valid[-1]) + step) % 10}"

    assert not _is_rpps(neighbour)


def _is_rpps(text: str) -> bool:
    """Whether the text is taken as an RPPS number."""
    try:
        parse_rpps(text)
    except errors.RppsKeyWrong:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "normalised"),
    [("75004407", "0075004407"), ("775627391", "0775627391"), ("0775 627 391", "0775627391")],
)
def test_an_amc_number_is_normalised_to_ten_digits(text: str, normalised: str) -> None:
    assert parse_amc_number(text) == normalised


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("7500440", errors.AmcNumberLengthWrong),
        ("07750044070", errors.AmcNumberLengthWrong),
        ("7500440A", errors.AmcNumberCharacterWrong),
        ("0000000000", errors.AmcNumberZero),
    ],
)
def test_a_wrong_amc_number_is_refused(text: str, error: type[errors.IdentifierRefused]) -> None:
    with pytest.raises(error):
        parse_amc_number(text)


def test_the_place_of_a_refusal_is_the_callers() -> None:
    with pytest.raises(errors.FinessLengthWrong) as caught:
        parse_finess("75", "CoverageEligibilityRequest.provider")

    assert caught.value.place == "CoverageEligibilityRequest.provider"


@pytest.mark.parametrize(
    "name", ["Mutuelle de la Loire", " Santé\u00a0du Causse ", "L’Œuvre n°\u202f4", "x" * 120]
)
def test_a_name_that_people_read_is_taken(name: str) -> None:
    assert parse_shown_name(name) == name.strip()


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 121, "deux\nlignes", "à l\u202eenvers", "rien\u200bentre", "tout → rien", "« ainsi »"],
)
def test_a_name_that_would_forge_a_sentence_is_refused(name: str) -> None:
    with pytest.raises(NameRefused):
        parse_shown_name(name)
