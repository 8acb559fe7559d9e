"""Cards from the insurer's own machine to the counter: made, loaded, read by a foreign reader, presented, lost, made again."""

import base64
import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from playwright.async_api import async_playwright

from rempart.domain.birth_dates import BirthDate
from rempart.domain.card_code import CardCode, parse_card_code
from rempart.domain.errors.member_files import CardHolderUnknown, CardsFileFaulty, CardsFolderTaken
from rempart.domain.identifiers import AmcNumber
from rempart.domain.rights import CardSecret, Domain, Outcome, Presence, RightsQuestion
from rempart.feeds.cards.card_secrets import CardSecrets, digest_of_secret
from rempart.operations.load_members import LoadReport
from rempart.operations.make_cards import CardsPlan, make_cards, read_listed
from rempart.security.gate import Door
from rempart.settings import Settings
from tests.support.database import Database
from tests.support.door import caller
from tests.support.insurer import NOVEMBER, Insurer, forget_insurers
from tests.support.member_rows import NADIA_NIR, csv_bytes, family, nadia
from tests.support.programs import chromium
from tests.support.world import World

LAST_OF_OCTOBER = date(2026, 10, 31)

RASTER = """async ([source, side]) => {
  const picture = new Image(); picture.src = source; await picture.decode();
  const canvas = new OffscreenCanvas(side, side), pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, side, side);
  return Array.from(pen.getImageData(0, 0, side, side).data).filter((_, place) => place % 4 === 0);
}"""


@pytest.fixture
def insurer(database: Database, keyring: Settings, tmp_path: Path) -> Insurer:
    forget_insurers(database.settings)
    made = Insurer(database.settings, tmp_path).register()
    made.send([{**row, "card_secret_sha256": None} for row in family()])
    return made


def base_of(insurer: Insurer) -> Path:
    """Find the last file that the insurer wrote itself."""
    return insurer.directory / f"{insurer.amc}-{len(insurer.manifests) - 1:04}.csv"


def printed(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "print.csv").open(encoding="utf-8") as file:
        return {row["beneficiary_id"]: row for row in csv.DictReader(file, delimiter=";")}


def load(insurer: Insurer, path: Path | None) -> LoadReport:
    assert path is not None
    return insurer.load(path)


async def scanned(folder: Path, beneficiary_id: str) -> CardCode:
    """Have Chromium draw the picture as a printer would, and a foreign reader read it."""
    picture = (folder / printed(folder)[beneficiary_id]["picture"]).read_bytes()
    side = 37 * 6
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        source = "data:image/svg+xml;base64," + base64.b64encode(picture).decode()
        shades = bytes(await page.evaluate(RASTER, [source, side]))
        await browser.close()
    (found,) = zxingcpp.read_barcodes(memoryview(shades).cast("B", shape=[side, side]))
    return parse_card_code(found.text)


def question(card: CardCode, secret: CardSecret | None = None) -> RightsQuestion:
    """Ask about Nadia, as the counter does after the scan and the birth date."""
    return RightsQuestion(
        AmcNumber(card.amc_number),
        card.nir,
        BirthDate.parse("19850517"),
        card.birth_rank,
        Domain.PHAR,
        card_secret=secret,
    )


async def test_a_card_is_made_loaded_scanned_presented_lost_and_made_again(
    insurer: Insurer, world: World, tmp_path: Path
) -> None:
    made = make_cards(CardsPlan(base_of(insurer), tmp_path / "cards"))
    assert load(insurer, made.file).verdict == "taken"
    card = await scanned(tmp_path / "cards", "P-0001")
    assert (card.amc_number, card.nir.compact) == (insurer.amc, NADIA_NIR)

    till = world.software_session(world.account())
    async with Door(insurer.settings, "fhir") as door:
        present = await door.ask(question(card, card.secret), caller(till))
        assert (present.outcome, present.presence) == (Outcome.OPEN, Presence.CARD)

        lost = make_cards(CardsPlan(made.file or Path(), tmp_path / "again", listed=["P-0001"], again=True))
        assert lost.card_count == 1
        assert load(insurer, lost.file).verdict == "taken"
        new = await scanned(tmp_path / "again", "P-0001")
        assert new.secret != card.secret

        world.policy(
            world.one("select insurer_id from members.insurers"), required=3, required_when_stepped_up=3
        )
        refused = await door.ask(question(card, card.secret), caller(till))
        assert refused.outcome is Outcome.PRESENCE_REQUIRED
        served = await door.ask(question(new, new.secret), caller(till))
        assert (served.outcome, served.presence) == (Outcome.OPEN, Presence.CARD)
        world.policy(world.one("select insurer_id from members.insurers"))
        known = await door.ask(question(new), caller(till))
        assert (known.outcome, known.presence) == (Outcome.OPEN, Presence.KNOWN_PATIENT)


def test_the_file_of_changes_touches_no_right_and_waits_for_nobody(insurer: Insurer, tmp_path: Path) -> None:
    before = insurer.snapshot()
    made = make_cards(CardsPlan(base_of(insurer), tmp_path / "cards"))
    report = load(insurer, made.file)
    assert report.verdict == "taken"
    assert report.difference is not None
    assert [report.difference[count] for count in ("new", "changed", "rights_touched")] == [0, 0, 0]
    after = insurer.snapshot()
    assert {name for name in before if before[name] != after[name]} == {"people"}
    assert all(card is not None for _, _, card, _ in after["people"])


def test_who_has_a_card_keeps_it_and_all_have_another_when_asked(insurer: Insurer, tmp_path: Path) -> None:
    rows = family()  # Ange has none
    rows += [nadia(opens_on="2022-01-01", ends_on="2023-12-31", waiting_until="2022-06-30")]
    path = insurer.write(rows)
    assert make_cards(CardsPlan(path, tmp_path / "without")).card_count == 1
    assert [*printed(tmp_path / "without")] == ["P-0006"]
    everybody = make_cards(CardsPlan(path, tmp_path / "all", again=True))
    assert everybody.card_count == 6
    assert len({row["code"] for row in printed(tmp_path / "all").values()}) == 6
    text = (tmp_path / "all" / (everybody.file or Path()).name).read_text()
    of_nadia = {line.split(";")[-2] for line in text.splitlines() if line.startswith("P-0001")}
    assert len(of_nadia) == 1  # one card, in each of her lines
    assert make_cards(CardsPlan(path, tmp_path / "none", listed=["P-0001"])).file is None
    assert not (tmp_path / "none").exists()


def test_a_file_that_was_not_sent_is_written_again_with_its_digests(insurer: Insurer, tmp_path: Path) -> None:
    path = insurer.write([{**row, "card_secret_sha256": None} for row in family()])
    made = make_cards(CardsPlan(path, tmp_path / "cards", listed=["P-0002"], is_unsent=True))
    assert made.file is not None
    old, new = path.read_text().splitlines(), made.file.read_text().splitlines()
    assert [line for line in new if line not in old] == [
        line + digest_of_secret(parse_card_code(printed(tmp_path / "cards")["P-0002"]["code"]).secret)
        for line in old
        if line.startswith("P-0002")
    ]
    assert load(insurer, made.file).verdict == "taken"


def test_whoever_has_a_bad_line_gets_no_card_and_no_line_is_hidden(insurer: Insurer, tmp_path: Path) -> None:
    rows = [
        nadia(card_secret_sha256=None),
        nadia(beneficiary_id="P-9", birth_rank="2", sex="X", card_secret_sha256=None),
    ]
    path = insurer.write(rows)
    made = make_cards(CardsPlan(path, tmp_path / "cards", listed=["P-0001", "P-9"]))
    assert (made.card_count, made.held_back_count) == (1, 1)
    assert [*printed(tmp_path / "cards")] == ["P-0001"]
    with pytest.raises(CardsFileFaulty):
        make_cards(CardsPlan(path, tmp_path / "unsent", is_unsent=True))


def test_a_person_whose_file_of_changes_closes_him_gets_none(insurer: Insurer, tmp_path: Path) -> None:
    rows = [nadia(change="close"), {**family()[1], "change": "upsert", "card_secret_sha256": None}]
    path = insurer.write(rows, kind="delta")
    make_cards(CardsPlan(path, tmp_path / "cards", again=True))
    assert [*printed(tmp_path / "cards")] == ["P-0002"]


def test_a_period_that_closes_has_the_card_of_those_that_stay_in_the_file_that_closes_it(
    insurer: Insurer, tmp_path: Path
) -> None:
    insurer.ask("update members.insurers set rights_count = 100000 returning 1")
    insurer.send(
        [nadia(opens_on="2022-01-01", ends_on=None, waiting_until="2022-06-30"), *family()],
        effective_on=NOVEMBER,
    )
    old = nadia(opens_on="2022-01-01", waiting_until="2022-06-30", change="close")
    path = insurer.write([old, nadia(change="upsert")], kind="delta")
    unsent = make_cards(CardsPlan(path, tmp_path / "unsent", again=True, is_unsent=True))
    report = load(insurer, unsent.file)
    assert (report.verdict, report.refused_line_count) == ("taken", 0)
    after = make_cards(CardsPlan(unsent.file or Path(), tmp_path / "after", again=True))
    assert (after.file or Path()).read_text().count("P-0001") == 1
    assert load(insurer, after.file).verdict == "taken"
    assert [ends_on for _, ends_on, *_ in insurer.rights("P-0001")] == [LAST_OF_OCTOBER, None]


def test_what_is_refused_leaves_nothing(insurer: Insurer, tmp_path: Path) -> None:
    plan = CardsPlan(base_of(insurer), tmp_path / "cards")
    with pytest.raises(CardHolderUnknown, match="line 2"):
        make_cards(replace(plan, listed=["P-0001", "P-9999"]))
    listed = tmp_path / "list.txt"
    listed.write_text("P-0001\n" + NADIA_NIR[:5] + " x\n")
    with pytest.raises(CardHolderUnknown, match="line 2"):
        read_listed(listed)
    (tmp_path / "there").mkdir()
    with pytest.raises(CardsFolderTaken):
        make_cards(replace(plan, folder=tmp_path / "there"))
    assert sorted(path.name for path in tmp_path.iterdir() if "cards" in path.name) == []


def test_a_run_that_fails_on_the_way_leaves_no_folder(insurer: Insurer, tmp_path: Path) -> None:
    def stop(_made: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_cards(CardsPlan(base_of(insurer), tmp_path / "cards"), stop)
    assert [path.name for path in tmp_path.iterdir() if "cards" in path.name] == []


def test_only_its_owner_reads_what_was_made(insurer: Insurer, tmp_path: Path) -> None:
    made = make_cards(CardsPlan(base_of(insurer), tmp_path / "cards"))
    everything = [tmp_path / "cards", *(tmp_path / "cards").rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in everything} == {0}
    codes = [row["code"] for row in printed(tmp_path / "cards").values()]
    assert made.file is not None
    sent = made.file.read_text() + (tmp_path / "cards" / "digests.csv").read_text()
    for code in codes:
        assert parse_card_code(code).secret.text not in sent
        assert code not in sent


@pytest.mark.parametrize(("bits", "characters"), [(80, 16), (128, 26), (160, 32)])
def test_a_secret_has_its_bits_and_no_two_runs_share_one(bits: int, characters: int) -> None:
    one, other = CardSecrets(bits), CardSecrets(bits)  # type: ignore[arg-type] # parametrised
    assert len(one.of("P-0001").text) == characters
    assert one.of("P-0001") == one.of("P-0001")
    assert len({one.of("P-0001").text, one.of("P-0002").text, other.of("P-0001").text}) == 3
    assert one.of("P-0001").text not in repr(one)


def test_a_file_in_other_bytes_than_its_manifest_says_makes_no_card(insurer: Insurer, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(csv_bytes(family()))
    (tmp_path / "other.csv.manifest.json").write_bytes(
        (base_of(insurer).with_name(base_of(insurer).name + ".manifest.json")).read_bytes()
    )
    with pytest.raises(Exception, match="member-file-digest"):
        make_cards(CardsPlan(path, tmp_path / "cards", again=True))
    assert not (tmp_path / "cards").exists()
