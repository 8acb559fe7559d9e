"""What an attack makes long is turned page by page by the keyboard; what waits for a signature is seen from every page."""

from collections.abc import Iterator

import pytest

from rempart.store.console import proposals
from rempart.store.database import connect_sync
from tests.support.console import Console, say_why, sign, tab_to, until
from tests.support.counter import NARROW, PHONE, WIDE, Window

ATTACKED = (
    "insert into gate.containments (scope, target, mode, because, decided_by, released_at)"
    " select 'account', a.account_id, 2, 'hameçonnage', 'détecteurs', {}"
    " from access.accounts as a, generate_series(1, {}) where a.account_id = (select max(account_id) from access.accounts)"
)
CONVICTED = (
    "insert into gate.convictions (convicted_at, account_id, profession_id, software_id, signal_id, measure, score, threshold,"
    " since, scores, receipt_id) values (now(), %s, %s, 0, 1, 2, 15, 13.8, now(), '{}', 1)"
)


@pytest.fixture
def attacked(console: Console) -> Iterator[Console]:
    """Have the programming interface contained, then 120 accounts, 60 that were released, and 60 accounts convicted."""
    world = console.world
    accounts = [world.account() for _ in range(60)]
    for account in accounts:
        world.do(CONVICTED, account.account_id, account.profession_id)
        world.set_state(account, standing=2)
    world.contain("face", 1, 2)
    world.do(ATTACKED.format("null", 120))
    world.do(ATTACKED.format("now() - interval '1 minute'", 60))
    yield console
    world.do(
        "update gate.containments set released_at = now() where coalesce(released_at, 'infinity') > now()"
    )
    for account in accounts:
        world.set_state(account, standing=0)


def numbers(window: Window, table: str) -> list[str]:
    """Read the first column of a table."""
    return window.page.locator(f"#{table} tbody th").all_inner_texts()


def test_all_that_is_in_force_is_reached_by_the_keyboard(attacked: Console) -> None:
    window = attacked.counter.window()
    attacked.enter(window, attacked.nadia, "/containments")
    window.page.locator("#in-force tbody tr").first.wait_for()
    assert "l’API des logiciels" in window.page.locator("#in-force tbody tr").first.inner_text()
    assert window.page.locator("#in-force-count").inner_text() == "121"
    seen: list[str] = []
    for first, last in ((1, 50), (51, 100), (101, 121)):
        said = f"De {first} à {last}, sur 121"
        until(window, f"document.querySelector('#in-force-shown').textContent === '{said}'")
        seen += numbers(window, "in-force")
        if last != 121:
            tab_to(window, "#in-force-next")
            window.press("Enter")
    assert len(set(seen)) == 121, "each once, and none left out"
    until(window, "document.activeElement.id === 'in-force-title'")
    for size, viewport in (("wide", WIDE), ("phone", PHONE), ("narrow", NARROW)):
        window.wear(viewport, "light")
        window.photograph(f"console-attacked-{size}")
        assert window.overflow() <= 0, size
        assert window.faults() == []
    window.wear(WIDE, "light")
    tab_to(window, "#in-force-before")
    window.press("Enter")
    until(window, "document.querySelector('#in-force-shown').textContent === 'De 51 à 100, sur 121'")

    assert window.page.locator("#convicted-count").inner_text() == "60"
    seen = window.page.locator("#convicted tbody a").evaluate_all("all => all.map(a => a.href)")
    window.page.locator("#convicted-next").press("Enter")
    until(window, "document.querySelector('#convicted-shown').textContent === 'De 51 à 60, sur 60'")
    seen += window.page.locator("#convicted tbody a").evaluate_all("all => all.map(a => a.href)")
    assert len(set(seen)) == 60

    window.page.locator("#past-details summary").press("Enter")
    past = numbers(window, "past")
    window.page.locator("#past-next").press("Enter")
    until(window, "document.querySelector('#past-shown').textContent.startsWith('De 51')")
    assert not set(past) & set(numbers(window, "past"))
    until(window, "document.querySelector('#in-force-shown').textContent === 'De 51 à 100, sur 121'")
    assert window.complaints == []


def test_what_waits_for_a_signature_is_seen_from_every_page(console: Console) -> None:
    account, _ = console.stolen()
    with connect_sync(console.running.settings, "operator") as connection:
        for insurer in (console.world.insurer(required_presence=3) for _ in range(2)):
            policy = {
                "amc": insurer.amc, "valid_from": console.world.today().isoformat(), "required": 0, "stepped_up": 1,
                "accepted": 126,
            }  # fmt: skip
            proposals.ask(connection, "presence", policy, "cartes en panne, dit l’assureur", "karim")
    window = console.counter.window()
    window.page.goto(console.url)
    window.page.locator("#sign-in").wait_for()
    assert not window.page.title().startswith("(")
    console.enter(window, console.nadia, f"/account#{account.account_id}")
    until(window, "document.title.startsWith('(2) ')")
    assert "2 à signer" in window.page.locator("nav a[href='/containments']").inner_text()
    for size, viewport in (("wide", WIDE), ("phone", PHONE), ("narrow", NARROW)):
        window.wear(viewport, "light")
        window.photograph(f"console-wanted-{size}")
        assert window.overflow() <= 0, size
        assert window.faults() == []
    window.wear(WIDE, "light")
    window.press("F8")
    until(window, "document.title === '(2) En direct – Console Rempart'")
    window.press("F9")
    until(window, "document.title === '(2) Confinements – Console Rempart'")
    for left, title in ((1, "(1) Confinements – Console Rempart"), (0, "Confinements – Console Rempart")):
        tab_to(window, "#proposals button[aria-label^='Refuser']")
        window.press("Enter")
        say_why(window, "l’assureur n’a rien demandé")
        assert sign(window, console.nadia).startswith("C’est fait")
        until(window, f"document.title === '{title}'")
        assert window.page.locator("#wanted").is_visible() is bool(left)
    console.enter(console.counter.window(), console.hugo)
    with connect_sync(console.running.settings, "operator") as connection:
        proposals.ask(
            connection,
            "channel",
            {"amc": insurer.amc, "url": "https://une.example/x"},
            "nouvelle adresse",
            "karim",
        )
    until(window, "document.title.startsWith('(1) ')"), "a page that nobody touches learns it"
    window.page.locator("#sign-out").click()
    until(window, "document.title === 'Confinements – Console Rempart'")
    assert window.complaints == []
