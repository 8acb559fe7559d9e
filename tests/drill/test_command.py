"""What the command refuses before anything starts."""

from pathlib import Path

import pytest

from rempart.cli.drill.commands import run
from rempart.drill.world import shops
from tests.house.source import ROOT


def test_too_few_people_are_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"49 personnes sont trop peu.*--people 50") as refused:
        run(ROOT / "scenarios" / "s7.toml", people=49, home=tmp_path / "home")
    assert isinstance(refused.value.code, str), "a sentence, and status 1"
    assert not (tmp_path / "home").exists()


def test_the_least_number_of_people_is_the_first_of_which_a_shop_knows_one() -> None:
    assert int((shops.PEOPLE_MIN - 1) * shops._REGULARS_SHARE_MAX) == 0
    assert int(shops.PEOPLE_MIN * shops._REGULARS_SHARE_MAX) == 1
