"""The report is one page that fetches nothing, with every figure and the numbers of its curves."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from rempart.cli.drill.commands import run
from rempart.drill.measures import holds
from rempart.drill.report.chart import HEIGHT, Axis, Series, at, draw, in_french
from rempart.drill.report.page import LABELS, write_report
from rempart.drill.scenario import SIGNALS, Scenario, Without, read_scenario
from tests.house.source import ROOT
from tests.house.test_french import unspaced
from tests.support.drilled import told

THIEF = "accounts = { pharmacist = 1 }\nper_second = 3\n"
SCENARIOS = sorted((ROOT / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_published_scenario_is_one(path: Path) -> None:
    scenario = read_scenario(path)
    assert scenario.name.lower() == path.stem
    assert unspaced([scenario.title, scenario.story]) == []
    assert all(Without.of(*names).named for names in scenario.compare)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("per_secund = 3", "per_secund"),
        ("seconds = -4", "seconds"),
        ("hits = 1.5", "hits"),
        ("hits = 0.9\nended = 0.2", "at most 1"),
        ("accounts = { pharmacien = 3 }", "pharmacien"),
        (
            "accounts = { pharmacist = 3 }",
            r"`per_second` or `per_day` must be above 0 - at `\$.attacks\[0\]`",
        ),
        ("per_second = 3", r"one account at least - at `\$.attacks\[0\].accounts`"),
        (
            "per_day = 3\naccounts = { pharmacist = 0 }",
            r"one account at least - at `\$.attacks\[0\].accounts`",
        ),
        ("seconds = inf", r"inf is no number to count with - at `\$.attacks\[0\].seconds`"),
        ("seconds = nan", r"seconds`"),
        ("per_second = nan", r"per_second`"),
        (THIEF + "[reach]\nconfirmed = inf", r"at `\$.reach.confirmed`"),
        (THIEF + '[[attacks]]\nkind = "tokens"', r"kind `tokens` needs .* at `\$.attacks\[1\].accounts`"),
        (
            THIEF + '[[attacks]]\nkind = "help-desk"',
            r"kind `help-desk` needs .* at `\$.attacks\[1\].accounts`",
        ),
        (
            THIEF + '[[attacks]]\nkind = "flood"\naccounts = { doctor = 1 }',
            r"at `\$.attacks\[1\].per_second`",
        ),
        (THIEF + "[honest]\nshops = {}", r"one shop at least - at `\$.honest.shops`"),
        ("[honest]\nshops = { opticien = 3 }", "opticien"),
    ],
)
def test_what_no_scenario_says_is_refused(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f'name = "X"\ntitle = "t"\nstory = "s"\n[[attacks]]\nkind = "accounts"\n{line}\n')
    with pytest.raises(msgspec.ValidationError, match=said):
        read_scenario(path)


def test_a_target_that_no_figure_has_is_refused_before_anything_starts(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    published = (ROOT / "scenarios" / "s1.toml").read_text(encoding="utf-8")
    path.write_text(published.replace("reach = { confirmed = 500 }", "reach = { confirmd = 500 }"))
    with pytest.raises(SystemExit, match="confirmd"):
        run(path, home=tmp_path / "home")
    assert not (tmp_path / "home").exists()
    assert all(read_scenario(one).reach.keys() <= LABELS.keys() for one in SCENARIOS)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(msgspec.DecodeError, match="byte 8"):
        read_scenario(tmp_path / "s.toml")


def test_everything_is_every_detector_and_every_budget() -> None:
    everything = Without.of("everything")
    assert everything.signals == list(SIGNALS)
    assert {"people_per_day", "rate"} < set(everything.named)


def test_figures_are_percentiles_beside_what_is_to_be_reached() -> None:
    figures = {str(figure["name"]): figure for figure in told().figures()}
    assert figures["S1.confirmed"]["value"] == pytest.approx(59)
    assert figures["S1.confirmed"]["reference"] == 500
    assert figures["S1.without_everything.confirmed"]["value"] == 150
    assert figures["S1.presence_on.confirmed"]["reference"] == 0
    assert figures["S1.presence_on.confirmed_behind_glass"]["value"] == 30
    assert figures["S1.presence_known.confirmed"]["reference"] is None
    assert figures["exposure.recall"]["value"] == 0.9
    assert figures["honest.freezes_per_100k_upper"]["value"] == pytest.approx(1250)


def test_where_nothing_was_attacked_nothing_is_reached(tmp_path: Path) -> None:
    found = told()
    assert "S1.idle_runs" not in [figure["name"] for figure in found.figures()]
    found.runs["S1"][1] = replace(found.runs["S1"][1], acts=0)
    judged = {
        figure["name"]: holds(figure) for figure in found.figures() if str(figure["name"]).startswith("S1.")
    }
    assert judged["S1.idle_runs"] is False
    assert judged["S1.confirmed"] is None
    write_report(found, tmp_path / "drill.html")
    assert "Tirages où rien n’a été attaqué" in (tmp_path / "drill.html").read_text(encoding="utf-8")


def test_the_page_fetches_nothing_and_says_what_was_taken(tmp_path: Path) -> None:
    write_report(told(), tmp_path / "drill.html")
    page = (tmp_path / "drill.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert "<script" not in page
    assert "Aucun contrôle" in page
    assert "Présence, avec bris de glace" in page
    assert "<svg" in page
    assert "La reprise de 2024" in page


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "aucune réponse n’en contient d’autre, et chacune a été fouillée"),
        (1, "pourtant une réponse contient ce qu’il n’avait pas apporté"),
        (1_200, "pourtant 1\u202f200 réponses contiennent ce qu’il n’avait pas apporté"),
    ],
)
def test_the_page_says_how_many_answers_hold_an_identity(tmp_path: Path, count: int, said: str) -> None:
    found = told()
    run = found.presence["S1"]["presence_known"][0]
    found.presence["S1"]["presence_known"] = [replace(run, identities=count)]
    write_report(found, tmp_path / "drill.html")
    page = (tmp_path / "drill.html").read_text(encoding="utf-8")
    assert said in page
    assert ("aucune réponse" in page) == (count == 0)
    assert {figure["name"]: figure["value"] for figure in found.figures()}["identities_revealed"] == count


def test_a_page_of_nothing_does_not_say_that_all_was_searched(tmp_path: Path) -> None:
    found = told()
    found.without, found.presence = {}, {}
    found.runs["S1"] = [replace(run, acts=0) for run in found.runs["S1"]]
    write_report(found, tmp_path / "drill.html")
    page = (tmp_path / "drill.html").read_text(encoding="utf-8")
    assert "aucune réponse n’a été entendue" in page
    assert "fouillée" not in page


def test_a_curve_says_the_numbers_of_its_table() -> None:
    line = Series("Tous les contrôles", [(0.0, 0), (1.0, 4), (2.0, 9)], is_guarded=True)
    assert [at(line.points, moment) for moment in (0.5, 1.0, 1.5, 9.0)] == [0, 4, 4, 9]
    drawn = draw("Essai & fin", [line], Axis(3.0, "secondes"))
    assert "Tous les contrôles\u00a0:\u00a09" in drawn
    assert "Essai &amp; fin" in drawn


def test_every_name_in_a_chart_is_whole_and_inside_with_its_figure() -> None:
    names = (
        "Sans la marche dans les numéros ni les échecs ni les signaux réunis",
        "Aucun contrôle",
        "Présence",
        "Tous",
    )
    for count in (0, 75, 1_500):
        series = [Series(name, [(0.0, 0), (1.0, count)], name == "Tous") for name in names]
        rows = re.findall(
            r'<tspan x="538" y="([0-9.]+)">([^<]*)</tspan>', draw("t", series, Axis(3.0, "secondes"))
        )
        written = " ".join(text for _, text in rows)
        assert all(f"{name}\u00a0:\u00a0{in_french(count)}" in written for name in names)
        assert max(len(text) for _, text in rows) <= 34
        places = [float(place) for place, _ in rows]
        assert 12 <= min(places) <= max(places) <= HEIGHT - 36  # above the moments
        assert min(below - above for above, below in pairwise(sorted(places))) >= 15


def test_three_days_give_no_more_people_than_there_are(tmp_path: Path) -> None:
    found = told()
    write_report(found, tmp_path / "drill.html")
    page = (tmp_path / "drill.html").read_text(encoding="utf-8")
    assert "trois jours suffiraient pour les 20\u202f000 personnes de cet exercice" in page
    assert "millions" not in page
    write_report(replace(found, people=33_000_000), tmp_path / "drill.html")
    page = (tmp_path / "drill.html").read_text(encoding="utf-8")
    assert "trois jours en donneraient 2\u202f592\u202f000." in page


def test_the_chart_says_that_it_counts_broken_glass(tmp_path: Path) -> None:
    found = told()
    for is_broken in (True, False):
        write_report(found, tmp_path / "drill.html")
        page = (tmp_path / "drill.html").read_text(encoding="utf-8")
        assert ("le tableau des mesures compte celles-ci à part" in page) == is_broken
        assert ("Sauf patient connu\u00a0: confirmées par bris de glace" in page) == is_broken
        found.presence = {}


def test_numbers_are_written_as_french_does() -> None:
    assert [in_french(number) for number in (0, 12.5, 1234, 2_100_000)] == [
        "0",
        "12,5",
        "1\u202f234",
        "2\u202f100\u202f000",
    ]


def test_a_scenario_is_compared_only_where_it_says_so() -> None:
    compared = [path.stem for path in SCENARIOS if read_scenario(path).compare]
    assert compared == ["s1", "s2", "s4"]
    assert isinstance(read_scenario(SCENARIOS[0]), Scenario)
