"""Generated people are believable, each known by his own numbers, and the same for the same seed."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl
import pytest

from rempart.adapters import system_users
from rempart.domain.errors.trials import DirectoryTaken, GenerationImpossible
from rempart.domain.identifiers import parse_amc_number
from rempart.feeds.formats.member_file import open_member_file
from rempart.people.generate import DEFAULT_EFFECTIVE_ON, MadeInsurer, Plan, generate
from rempart.people.insurers import share_out
from tests.supervisor.users import as_user_of

COUNT = 60_000
YEAR = DEFAULT_EFFECTIVE_ON.year


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty thousand people of twelve insurers."""
    directory = tmp_path_factory.mktemp("people")
    generate(Plan(COUNT, 12, 7, directory))
    return directory


@pytest.fixture(scope="module")
def insurers(directory: Path) -> list[MadeInsurer]:
    return msgspec.json.decode((directory / "insurers.json").read_bytes(), type=list[MadeInsurer])


@pytest.fixture(scope="module")
def rows(directory: Path, insurers: list[MadeInsurer]) -> pl.DataFrame:
    """Every row of every insurer, as a reader takes it: no line is bad, no total is off."""
    frames = []
    for insurer in insurers:
        for batch in open_member_file(directory / insurer.file).batches():
            assert batch.bad_lines == []
            frames.append(batch.rows.with_columns(pl.lit(insurer.amc_number).alias("amc")))
    return pl.concat(frames)


@pytest.fixture(scope="module")
def people(rows: pl.DataFrame) -> pl.DataFrame:
    """Each person once, with his age in years."""
    born = pl.col("birth_date").str.head(4).cast(pl.Int64)
    return rows.unique(["amc", "beneficiary_id"], maintain_order=True).with_columns(
        (YEAR - born).alias("age")
    )


def aliases_of(people: pl.DataFrame) -> list[tuple[str, str]]:
    """List (insurer, alias) for every person, the other aliases included."""
    columns = people.select("amc", "nir", "birth_date", "birth_rank", "other_aliases").rows()
    own = [(amc, f"{nir}/{birth_date}/{rank}") for amc, nir, birth_date, rank, _ in columns]
    return own + [(amc, alias) for amc, *_, others in columns if others for alias in others.split(" ")]


def share(flags: pl.Series) -> float:
    """Give the share of true flags."""
    return flags.sum() / flags.len()


def test_as_many_people_as_asked_are_there(people: pl.DataFrame, insurers: list[MadeInsurer]) -> None:
    assert people.height == COUNT
    assert Counter(people["amc"]) == {insurer.amc_number: insurer.people_count for insurer in insurers}


def test_insurers_are_unequal_and_their_numbers_are_right(insurers: list[MadeInsurer]) -> None:
    sizes = [insurer.people_count for insurer in insurers]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 5 * sizes[-1]
    assert len({insurer.name for insurer in insurers}) == 12
    assert all(parse_amc_number(insurer.amc_number) == insurer.amc_number for insurer in insurers)


def test_no_alias_leads_to_two_people(people: pl.DataFrame) -> None:
    aliases = aliases_of(people)

    assert len(set(aliases)) == len(aliases)


def test_one_person_in_fifty_has_several_aliases(people: pl.DataFrame) -> None:
    assert share(people["other_aliases"].is_not_null()) == pytest.approx(0.02, abs=0.003)
    several = people.filter(pl.col("other_aliases").is_not_null())
    assert several.filter(pl.col("age") < 16).height > 100  # both parents, or the own number later
    assert (
        several.filter(pl.col("other_aliases").str.contains("^[78]")).height > 100
    )  # a former provisional number


def test_ages_are_those_of_france(people: pl.DataFrame) -> None:
    """Hold the shares against those that Insee publishes for 2024: 23, 50 and 27 percent, within four points."""
    ages = people["age"]

    assert share(ages < 20) == pytest.approx(0.23, abs=0.04)
    assert share((ages >= 20) & (ages < 60)) == pytest.approx(0.50, abs=0.04)
    assert share(ages >= 60) == pytest.approx(0.27, abs=0.04)
    assert (ages > 95).any()
    assert share(ages >= 100) == pytest.approx(0.0005, abs=0.0004)  # some 31,000 of 68 million
    assert (ages <= 110).all()
    assert (ages >= 0).all()
    for decade in range(9):
        assert share(ages // 10 == decade) > 0.03, f"nobody of {decade}0 years"


def test_children_are_known_by_the_number_of_a_parent(people: pl.DataFrame) -> None:
    children = people.filter(pl.col("age") < 15)
    holders = people.filter(pl.col("age") >= 18).select("amc", "nir", "contract_number", "age")
    with_parent = children.join(holders, on=["amc", "nir"], suffix="_parent")

    assert children["nir_is_own"].sum() == 0
    assert with_parent.height == pytest.approx(
        children.height, abs=12
    )  # the last family of an insurer may be cut
    assert (with_parent["contract_number"] == with_parent["contract_number_parent"]).all()
    assert (with_parent["age_parent"] - with_parent["age"] >= 14).all()


def test_twins_differ_by_their_rank(people: pl.DataFrame) -> None:
    twins = (
        people.filter(~pl.col("nir_is_own"))
        .group_by("amc", "nir", "birth_date")
        .agg("birth_rank")
        .filter(pl.col("birth_rank").list.len() > 1)
    )

    assert twins.height > 20
    assert all(sorted(ranks) == list(range(1, len(ranks) + 1)) for ranks in twins["birth_rank"].to_list())


def test_twins_were_born_in_one_place_on_one_day(people: pl.DataFrame) -> None:
    children = people.filter(pl.col("age") < 15)
    twins = (
        children.group_by("amc", "nir", "birth_date")
        .agg("birth_rank", pl.col("birthplace").n_unique())
        .filter(pl.col("birth_rank").list.len() > 1)
    )
    seconds = children.filter(pl.col("birth_rank") > 1)

    assert twins.height > 20
    assert (twins["birthplace"] == 1).all()
    assert seconds.height == (twins["birth_rank"].list.len() - 1).sum(), "each has a twin of the same day"


def test_places_numbers_and_dates_are_as_varied_as_in_life(people: pl.DataFrame) -> None:
    own = people.filter(pl.col("nir_is_own"))
    departement = own["nir"].str.slice(5, 2)
    not_gregorian = people["birth_date"].str.to_date("%Y%m%d", strict=False).is_null()

    assert departement.n_unique() >= 98
    assert share(departement == "59") == pytest.approx(0.88 * 2610 / 67_700, abs=0.01)
    assert {"2A", "2B", "97", "99", "20"} <= set(departement)
    assert share(departement == "99") == pytest.approx(0.12, abs=0.02)
    assert share(not_gregorian) == pytest.approx(0.006, abs=0.003)
    assert share(people["nir"].str.contains("^[78]") & (people["age"] > 20)) == pytest.approx(
        0.005, abs=0.003
    )
    assert share(people["birthplace"].is_null()) == pytest.approx(0.08, abs=0.01)
    assert people.filter(pl.col("nir").str.slice(3, 2).cast(pl.Int64) > 12).height > 50  # pseudo-months


def test_sex_is_that_of_the_own_number(people: pl.DataFrame) -> None:
    own = people.filter(pl.col("nir_is_own"))

    assert (own["nir"].str.head(1).replace({"1": "M", "2": "F"}) == own["sex"]).all()


def test_contracts_are_as_varied_as_in_life(rows: pl.DataFrame) -> None:
    on = DEFAULT_EFFECTIVE_ON
    per_person = rows.group_by("amc", "beneficiary_id").agg(
        rows=pl.len(),
        second=(pl.col("coverage_rank") == 2).any(),
        is_former=((pl.col("ends_on") < on).fill_null(value=False) & (pl.col("situation") == "active")).all(),
    )

    assert share(per_person["second"]) == pytest.approx(0.035, abs=0.01)
    assert share(per_person["is_former"]) == pytest.approx(0.07, abs=0.02)
    assert share(per_person["rows"] == 2) == pytest.approx(0.09, abs=0.02)
    assert share(rows["situation"] == "suspended") == pytest.approx(0.015, abs=0.01)
    assert share(rows["situation"] == "renewal") == pytest.approx(0.015, abs=0.01)
    assert share((rows["opens_on"].dt.month() == 1) & (rows["opens_on"].dt.day() == 1)) > 0.5
    assert share(rows["opens_on"] == date(on.year + 1, 1, 1)) == pytest.approx(0.014, abs=0.008)
    assert rows.filter(pl.col("waiting_domains") > 0).height > 500
    assert rows["product_code"].n_unique() > 12


def test_nobody_is_covered_before_birth(rows: pl.DataFrame) -> None:
    born = rows["birth_date"].str.to_date("%Y%m%d", strict=False)

    assert (rows["opens_on"] >= born).all()


def test_the_periods_of_one_contract_do_not_overlap(rows: pl.DataFrame) -> None:
    key = ["amc", "beneficiary_id", "contract_number"]
    following = rows.sort(*key, "opens_on").with_columns(pl.col("opens_on").shift(-1).over(key).alias("next"))

    assert rows.unique([*key, "opens_on"]).height == rows.height
    assert (
        (following.filter(pl.col("next").is_not_null()).select(pl.col("ends_on") < pl.col("next")))
        .to_series()
        .all()
    )


def test_cards_are_apart_and_their_digests_are_in_the_file(
    directory: Path, insurers: list[MadeInsurer], rows: pl.DataFrame
) -> None:
    insurer = insurers[0]
    path = directory / insurer.cards_file
    cards = pl.read_csv(path, separator=";", infer_schema=False)
    digests = dict(
        rows.filter(pl.col("amc") == insurer.amc_number).select("beneficiary_id", "card_secret_sha256").rows()
    )

    assert cards.height == 1_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for person, secret in cards.select("beneficiary_id", "card_secret").rows():
        assert digests[person] == hashlib.sha256(secret.encode()).digest()
        assert len(secret) == 26
    assert cards["card_secret"].n_unique() == 1_000
    assert cards["card_secret"][0].encode() not in (directory / insurer.file).read_bytes()


def digests_of(directory: Path) -> dict[str, str]:
    """Digest every file of a directory."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(
    tmp_path: Path, file_format: str
) -> None:
    code = (
        "import sys; from pathlib import Path; from rempart.people.generate import Plan, generate;"
        f"generate(Plan(50_000, 3, int(sys.argv[2]), Path(sys.argv[1]), {file_format!r}))"
    )
    for name, seed, threads in (("one", "5", "1"), ("two", "5", "4"), ("other", "6", "2")):
        environment = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads}
        subprocess.run([sys.executable, "-c", code, tmp_path / name, seed], env=environment, check=True)

    one, two, other = (digests_of(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert not set(one.values()) & set(other.values())


def test_both_formats_hold_the_same_people(tmp_path: Path) -> None:
    for file_format in ("csv", "parquet"):
        generate(Plan(3_000, 2, 9, tmp_path / file_format, file_format))
    csv, parquet = (
        [
            batch.rows
            for path in sorted((tmp_path / name).glob(f"*.{name}"))
            for batch in open_member_file(path).batches()
        ]
        for name in ("csv", "parquet")
    )

    assert pl.concat(csv).rows() == pl.concat(parquet).rows()


@pytest.mark.parametrize(
    ("people_count", "insurer_count"), [(1, 1), (12, 12), (13, 12), (20_000, 12), (33_000_000, 84)]
)
def test_people_are_shared_out_to_the_last(people_count: int, insurer_count: int) -> None:
    sizes = share_out(people_count, insurer_count)

    assert sum(sizes) == people_count
    assert len(sizes) == insurer_count
    assert min(sizes) >= 1


@pytest.mark.parametrize(("people_count", "insurer_count"), [(0, 0), (10, 0), (3, 4), (-1, 1)])
def test_an_impossible_plan_is_refused_before_anything_is_written(
    tmp_path: Path, people_count: int, insurer_count: int
) -> None:
    with pytest.raises(GenerationImpossible):
        generate(Plan(people_count, insurer_count, 1, tmp_path / "out"))

    assert not (tmp_path / "out").exists()


def test_nobody_else_may_read_what_was_generated(tmp_path: Path) -> None:
    directory = tmp_path / "outer" / "made"
    generate(Plan(30, 2, 1, directory, "parquet"))
    generate(Plan(30, 2, 1, directory, "csv"))

    modes = {path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (directory, directory / "cards")} == {0o700}


def test_a_directory_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    generate(Plan(30, 2, 1, tmp_path))

    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become the user of a face")
def test_the_users_of_the_faces_cannot_read_what_root_generated() -> None:
    system_users.ensure_system_users()
    with TemporaryDirectory(prefix="rempart-made-") as reachable:
        Path(reachable).chmod(0o755)
        made = generate(Plan(30, 2, 1, Path(reachable)))
        paths = [path for path in Path(reachable).rglob("*") if path.is_file()]
        assert Path(reachable) / made[0].file in paths

        def readable() -> list[str]:
            return [path.name for path in paths if os.access(path, os.R_OK)]

        assert as_user_of("operator", readable) == [path.name for path in paths]
        for role in ("fhir", "identity", "portal", "feeds"):
            assert as_user_of(role, readable) == [], role


def test_a_new_run_leaves_no_insurer_of_the_one_before(tmp_path: Path) -> None:
    generate(Plan(200, 5, 1, tmp_path, "parquet"))
    made = generate(Plan(200, 2, 1, tmp_path, "csv"))

    names = {path.name for path in tmp_path.iterdir() if path.is_file()}
    files = {insurer.file for insurer in made}
    assert names == files | {f"{name}.manifest.json" for name in files} | {"insurers.json"}
    assert len(list((tmp_path / "cards").iterdir())) == 2


def test_a_member_file_that_no_run_lists_is_left_alone(tmp_path: Path) -> None:
    generate(Plan(200, 5, 1, tmp_path))
    (tmp_path / "insurers.json").write_text('[{"file": "../../elsewhere", "cards_file": "/etc/passwd"}]')
    before = digests_of(tmp_path)

    with pytest.raises(DirectoryTaken):
        generate(Plan(200, 2, 1, tmp_path))

    assert digests_of(tmp_path) == before


def test_one_person_is_enough(tmp_path: Path) -> None:
    made = generate(Plan(1, 1, 1, tmp_path))

    assert [insurer.people_count for insurer in made] == [1]
