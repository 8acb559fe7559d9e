"""What the page's scripts check before anybody is asked: the same defects as the domain, code for code."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from rempart.domain.birth_dates import BirthDate, check_order_of_days
from rempart.domain.errors import RempartError
from rempart.domain.identifiers import Nir, nir_key, parse_amc_number
from tests.support.counter import Counter, Window

CARDS = json.loads((Path(__file__).parents[1] / "data" / "card_codes.json").read_text())
SAMPLES = 2_000


@pytest.fixture
def window(counter: Counter) -> Window:
    """Open a page from which scripts can be loaded."""
    opened = counter.window()
    opened.page.goto(f"{counter.url}/")
    return opened


def run(window: Window, script: str, call: str, inputs: list[str]) -> list[Any]:
    """Call a function of a script with each input."""
    return list(
        window.page.evaluate(
            """async ([script, call, inputs]) => {
                const root = document.querySelector('link[rel=stylesheet]').href.replace(/styles.*/, '');
                const script_ = await import(`${root}scripts/typing/${script}.js`);
                return inputs.map((input) => script_[call](input));
            }""",
            [script, call, inputs],
        )
    )


def code_of(parse: Any, typed: str) -> str | None:
    """Give the code of what the domain refuses, None where it takes it."""
    try:
        parse(typed)
    except RempartError as refused:
        return refused.code
    return None


def test_every_published_card_is_read_in_the_page_as_in_the_domain(window: Window) -> None:
    for card in CARDS["cards"]:
        read = run(window, "card_code", "parseCardCode", card["typed"])
        expected = {
            "amcNumber": card["amc_number"],
            "nir": card["nir"],
            "birthRank": card["birth_rank"],
            "secret": card["secret"],
        }
        assert read == [expected] * len(card["typed"]), card["name"]
    refused = run(window, "card_code", "parseCardCode", [vector["typed"] for vector in CARDS["refused"]])
    assert [read["defect"] for read in refused] == [vector["code"] for vector in CARDS["refused"]]


def nirs(chance: random.Random) -> list[str]:
    """Make numbers that are right, and numbers with one thing wrong."""
    made = []
    for _ in range(SAMPLES):
        place = chance.choice(
            ["75056", "2A004", "2B033", "97411", "98818", "99350", "01001", "96001", "00012", "75000"]
        )
        month = chance.choice(["01", "12", "20", "35", "50", "13", "00", "45"])
        number = (
            f"{chance.choice('1234567890')}{chance.randrange(100):02}{month}{place}{chance.randrange(3):03}"
        )
        key = (nir_key(number) + chance.choice([0, 0, 0, 1])) % 100
        typed = f"{number}{key:02}"
        cut = chance.choice([15, 15, 15, 15, 13, 14, 16])
        typed = (typed + "0")[:cut]
        if chance.random() < 0.1:
            typed = typed.replace(typed[chance.randrange(len(typed))], chance.choice("CX-é"))
        made.append(typed)
    return [*made, "255555500000042", ""]


def test_a_nir_has_the_same_defect_in_the_page_as_in_the_domain(window: Window) -> None:
    typed = nirs(random.Random(2024))
    expected = [code_of(Nir.parse, nir) for nir in typed]
    assert len(set(expected)) >= 9, "the sample meets every defect"
    assert run(window, "identifiers", "nirDefect", typed) == expected


def test_an_amc_number_has_the_same_defect_in_the_page_as_in_the_domain(window: Window) -> None:
    typed = ["", "1234567", "12345678", "0123456789", "12345678901", "1234567A", "00000000", "12 345 678"]
    read = run(window, "identifiers", "normalAmcNumber", typed)
    assert [number.get("defect") for number in read] == [
        code_of(parse_amc_number, number) for number in typed
    ]
    assert [number["text"] for number in read if "text" in number] == [
        "0012345678",
        "0123456789",
        "0012345678",
    ]


def test_a_birth_date_has_the_same_defect_in_the_page_as_in_the_domain(window: Window) -> None:
    typed = [
        "",
        "1406198",
        "14061985",
        "14/06/1985",
        "14-06-1985",
        "30131988",
        "00001950",
        "14061785",
        "1406198A",
        "14.06 1985",
    ]
    ahead = ["22112099", "30132099", "00002099"]
    now_s = time.time()

    def code_with_clock(typed: str) -> str | None:
        return code_of(lambda date: check_order_of_days(BirthDate.parse_day_first(date), None, now_s), typed)

    read = run(window, "identifiers", "birthDateDefect", [*typed, *ahead])
    assert read == [code_with_clock(date) for date in [*typed, *ahead]]
    assert read[-3:] == ["birth-date-ahead"] * 3
