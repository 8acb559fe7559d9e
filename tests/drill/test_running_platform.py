"""A drill on a platform that runs already, twice: the second one meets the people and the accounts that the first one left."""

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rempart.drill.measures import measure
from rempart.drill.platform import fresh_settings, running_settings, served
from rempart.drill.run import run_scenario
from rempart.drill.scenario import Attack, Honest, Scenario
from rempart.drill.session import ground_of
from rempart.store.database import connect_sync
from tests.drill.test_short_drill import free_port

PEOPLE = 600


def one_thief() -> Scenario:
    thief = Attack(kind="accounts", accounts={"pharmacist": 1}, per_second=10, seconds=2.0)
    honest = Honest(shops={"doctor": 1}, per_second=5.0, calm_seconds=0.5)
    return Scenario(name="X", title="x", story="x", attacks=[thief], honest=honest)


def test_a_platform_that_runs_is_attacked_and_attacked_again(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with served(fresh_settings(home, port)):
        accounts = []
        for _ in range(2):
            with ground_of(home, PEOPLE, port, 7, print, is_running=True) as ground:
                run = run_scenario(ground, one_thief(), 1)
                measured = measure(ground, run)
            assert measured.attack["confirmed"] > 0
            assert measured.honest_success == 1.0
            accounts += [shop.account_id for shop in run.stolen + run.honest]
        assert len(accounts) == len(set(accounts)) == 4
        with (
            pytest.raises(SystemExit, match=f"--people {PEOPLE}"),
            ground_of(home, PEOPLE + 1, port, 7, print, is_running=True),
        ):
            pass


def test_a_platform_that_is_no_drills_is_left_alone(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    settings = fresh_settings(home, port)
    with served(settings):
        with closing(connect_sync(settings, "owner")) as connection:
            connection.execute("update platform.environment set name = 'sandbox'")
        with pytest.raises(SystemExit, match="n’est pas une plateforme d’exercice"):
            running_settings(home, port)


def test_where_nothing_runs_nothing_is_attacked(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Aucune plateforme"):
        running_settings(tmp_path / "nowhere", free_port())


def test_a_home_that_was_deleted_by_hand_leaves_nothing_to_the_next_one() -> None:
    """Where system users cannot cross a home, its database is elsewhere, and stays when the home is deleted."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)  # which they can: it is the home that is closed to them
        home = Path(place) / "home"
        left = fresh_settings(home).runtime / "postgres"
        left.mkdir(parents=True)
        shutil.rmtree(home)
        try:
            fresh_settings(home)
            assert not left.exists()
        finally:
            shutil.rmtree(left.parent, ignore_errors=True)
