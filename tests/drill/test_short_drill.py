"""A short drill, whole: a platform of its own, an honest world, and what thieves' sockets received."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rempart.drill.measures import Measured, measure
from rempart.drill.run import run_scenario, variant
from rempart.drill.scenario import Attack, Scenario, Without, read_scenario
from rempart.drill.session import ground_of, measure_containment, with_presence
from rempart.drill.stage import Ground
from tests.house.source import ROOT
from tests.support.platform import is_free

PEOPLE = 4_000
SHORT = {"seconds": 6.0, "days": 3}
# Five accounts in place of twenty: 85 to 135 in nine draws, since one in five, not one in ten, is a hospital's.
OF_FIVE_ACCOUNTS = 170


def free_port() -> int:
    """Find ten ports in a row on which nobody listens."""
    return next(
        port for port in range(31_000, 60_000, 10) if all(is_free(port + place) for place in range(10))
    )


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    home = tmp_path_factory.mktemp("drill") / "home"
    with ground_of(home, PEOPLE, free_port(), 7, lambda _: None) as made:
        yield made


def scenario(name: str, **changes: object) -> Scenario:
    """Read a published scenario, and make it short."""
    read = read_scenario(ROOT / "scenarios" / f"{name}.toml")
    attacks = [
        msgspec.structs.replace(
            attack,
            accounts={code: max(1, count // 4) for code, count in attack.accounts.items()},
            tries=min(attack.tries, 10),
            **{**(SHORT if attack.per_second else {}), **changes},
        )
        for attack in read.attacks
    ]
    honest = msgspec.structs.replace(
        read.honest, shops={"pharmacist": 3, "doctor": 3}, per_second=10.0, calm_seconds=1.0
    )
    return variant(read, attacks=attacks, honest=honest)


def played(ground: Ground, chosen: Scenario) -> Measured:
    """Play a scenario once: no identity shows; the list of the exposed is exact, and whole where every thief was convicted."""
    measured = measure(ground, run_scenario(ground, chosen, 1))
    assert measured.acts > 0
    assert measured.identities == 0
    assert (measured.precision, measured.in_flight) == (1.0, 0)
    if measured.attack.get("accounts_convicted") == 1.0:
        assert measured.recall == 1.0
    return measured


def test_the_replay_of_2024_takes_little_and_honest_shops_do_not_notice(ground: Ground) -> None:
    guarded = played(ground, scenario("s1"))
    assert 0 < guarded.attack["confirmed"] <= OF_FIVE_ACCOUNTS
    assert guarded.attack["accounts_convicted"] == 1.0
    assert guarded.honest_success >= 0.999
    assert guarded.freezes == 0


def test_2024_comes_back_when_every_control_is_taken_away(ground: Ground) -> None:
    chosen = scenario("s1", days=1)
    guarded = measure(ground, run_scenario(ground, chosen, 1)).attack["confirmed"]
    bare = measure(ground, run_scenario(ground, variant(chosen, without=Without.of("everything")), 1))
    assert bare.attack["confirmed"] > guarded
    assert bare.attack["confirmed"] > bare.attack["questions"] / 2, (
        "as many as there are on the list, to the last question"
    )
    assert bare.attack["accounts_convicted"] == 0
    again = measure(ground, run_scenario(ground, chosen, 2)).attack["confirmed"]
    assert again <= OF_FIVE_ACCOUNTS, "what was taken away is put back"


def test_a_walk_through_the_order_numbers_takes_few(ground: Ground) -> None:
    assert 0 < played(ground, scenario("s2")).attack["confirmed"] <= 100 / 4


def test_a_stolen_software_key_opens_nothing_and_one_account_little(ground: Ground) -> None:
    measured = played(ground, scenario("s4"))
    assert measured.attack["key_alone"] == 0
    assert 0 < measured.attack["confirmed"] <= 40


def test_what_is_carried_off_opens_nothing_elsewhere(ground: Ground) -> None:
    measured = played(ground, scenario("s5"))
    doors = ("token_alone", "token_other_key", "cookie", "proof_replayed", "assertion_replayed")
    assert [measured.attack[door] for door in doors] == [0, 0, 0, 0, 0]
    assert measured.attack["confirmed"] == 0
    assert measured.attack["questions"] == 6 * (7 + 2 + 2)


def test_where_presence_is_asked_for_a_thief_has_three_broken_glasses_a_day(ground: Ground) -> None:
    measured = played(ground, with_presence(scenario("s1"), 3))
    assert measured.attack["confirmed"] == 0
    assert 0 < measured.attack["confirmed_behind_glass"] <= 3 * 3 * 5, (
        "a day, over three days, of five accounts"
    )


def test_where_a_known_patient_is_enough_a_thief_has_the_shops_own_besides(ground: Ground) -> None:
    measured = played(ground, with_presence(scenario("s1"), 1))
    assert measured.attack["confirmed"] == measured.attack["confirmed_known_patients"], "only the shop's own"


def test_nothing_is_found_in_a_dump_but_by_the_keyrings_word(ground: Ground) -> None:
    measured = played(ground, scenario("s8"))
    assert measured.attack["people_recovered"] == 0
    assert measured.attack["found_with_the_keyring"] == 10


def test_passwords_and_strange_passkeys_open_nothing(ground: Ground) -> None:
    measured = played(ground, scenario("s7", addresses=5))
    assert measured.attack["password_accepted"] == measured.attack["passkey_accepted"] == 0


def test_the_help_desk_gives_away_no_account_that_has_a_passkey(ground: Ground) -> None:
    assert played(ground, scenario("s10")).attack["reset_of_who_signs_in"] == 0


def test_who_owns_a_feed_reads_nobody_back_and_makes_no_right_false_alone(ground: Ground) -> None:
    measured = played(ground, scenario("s9"))
    assert measured.attack["tables_read_back"] == measured.attack["false_file_taken"] == 0


def test_a_slow_thief_is_stopped_account_by_account_over_days(ground: Ground) -> None:
    slow = Attack(
        kind="accounts", accounts={"pharmacist": 2, "optician": 1}, per_day=60, slots=3, days=4, hits=0.9
    )
    measured = played(ground, variant(scenario("s3"), attacks=[slow]))
    # No bound on the people: in a world of 4,000 a shop has met a fifth of everybody, and its thief looks like its own staff.
    assert measured.attack["accounts_convicted"] > 0
    assert measured.attack["seconds_to_detection"] < 4 * 86_400


def test_containment_holds_at_the_next_question(ground: Ground) -> None:
    assert measure_containment(ground) < 10


def test_a_home_that_no_drill_made_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(SystemExit, match="autre chose"), ground_of(tmp_path, 10, free_port(), 1, print):
        pass
    assert (tmp_path / "precious").exists()
