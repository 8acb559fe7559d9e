"""How the console looks: nothing for axe to find, nothing wider than the screen, nobody's data in a page.

Each page and state is photographed into out/screenshots.
"""

from collections.abc import Callable

import pytest

from rempart.store.console import proposals
from rempart.store.database import connect_sync
from tests.support.console import Console, say_why
from tests.support.counter import NARROW, PHONE, WIDE, Window


def signed_out(console: Console, window: Window) -> None:
    """Arrive without a session."""
    window.page.goto(console.url)
    window.page.locator("#sign-in").wait_for()


def live(console: Console, window: Window) -> None:
    """See alarms, charts and their tables."""
    console.enter(window, console.nadia)
    window.page.locator("#alarms tbody tr").first.wait_for()
    for summary in window.page.locator("summary").all():
        summary.click()


def account_page(console: Console, window: Window) -> None:
    """See an account that was convicted, and the answers that did it."""
    live(console, window)
    window.page.locator("#alarms tbody a").first.click()
    window.page.locator(".conviction summary").first.click()


def to_be_signed(console: Console, window: Window) -> None:
    """Read the sentence of an act."""
    account_page(console, window)
    window.press("F4")
    say_why(window, "hameçonnage signalé par le titulaire, vu avec lui ce matin")
    window.press("Enter")
    window.page.locator("#act-to-sign").wait_for()


def being_typed(console: Console, window: Window) -> None:
    """Compose a containment, with a reason that is too short."""
    console.enter(window, console.nadia, "/containments")
    window.page.locator("#operators tr").first.wait_for()
    window.press("F4")
    say_why(window, "x")
    window.press("Enter")
    window.page.locator("#act-defect:not(:empty)").wait_for()


def containments(console: Console, window: Window) -> None:
    """See what is contained, with a release that waits, and all the rest."""
    with connect_sync(console.running.settings, "operator") as connection:
        for scope, named in (("face", "portal"), ("profession", "optician")):
            connection.execute(
                "select gate.contain(%s, %s, 2::smallint, 'campagne d’hameçonnage', 'Nadia Roux')",
                (scope, named),
            )
        (number,) = connection.execute("select max(containment_id) from gate.contained()").fetchone() or (0,)
        proposals.ask(connection, "release", {"containment_id": number}, "la campagne est finie", "hugo")
        insurer = console.world.insurer(required_presence=3)
        today = console.world.today().isoformat()
        policy = {"amc": insurer.amc, "valid_from": today, "required": 0, "stepped_up": 1, "accepted": 126}
        proposals.ask(connection, "presence", policy, "cartes en panne, dit l’assureur", "karim")
        address = (
            "https://interventions.une-mutuelle-au-nom-bien-long.example/rempart/notifications/entrantes"
        )
        proposals.ask(
            connection, "channel", {"amc": insurer.amc, "url": address}, "nouvelle adresse", "karim"
        )
        connection.execute(
            "select gate.publish_status('optician', 'Le comptoir répond.', null, 'Nadia Roux')"
        )
    console.enter(window, console.nadia, "/containments")
    window.page.locator("#in-force tbody tr").first.wait_for()
    window.page.locator("#past-details summary").click()
    window.page.locator("#settled-details summary").click()


def rules_to_be_signed(console: Console, window: Window) -> None:
    """Read a change of every rule, as whoever signs it reads it."""
    fitted = (
        "select jsonb_agg(jsonb_build_object('profession', f.code, 'signal', s.code, 'honest', honest, 'thief', thief,"
        " 'threshold', threshold + 1, 'measure', measure)) from access.detector_rules join access.professions as f using"
        " (profession_id) join access.signals as s using (signal_id) where valid_until = 'infinity' and signal_id < 7"
    )
    what = {"rules": console.world.one(fitted), "valid_from": console.world.today().isoformat()}
    with connect_sync(console.running.settings, "operator") as connection:
        proposals.ask(connection, "detectors", what, "mars et avril 2026", "karim")
    console.enter(window, console.nadia, "/containments")
    window.page.locator("#proposals button[aria-label^='Signer\u00a0: Règles']").click()
    say_why(window, "lu avec le rapport de réglage")
    window.press("Enter")
    window.page.locator("#act-to-sign").wait_for()


def found(console: Console, window: Window) -> None:
    """Look for somebody by a part of the name."""
    console.enter(window, console.nadia)
    window.press("F2")
    window.keys("martin")
    window.press("Enter")
    window.page.locator("#found-list a").first.wait_for()


def invitation(console: Console, window: Window) -> None:
    """Follow an invitation."""
    console.world.do("update console.operators set revoked_at = now() where name = 'Zoé Petit'")
    window.page.goto(console.invite("Zoé Petit").link)
    window.page.locator("#accept").wait_for()


def lost(console: Console, window: Window) -> None:
    """Follow a dead link."""
    window.page.goto(f"{console.url}/nowhere")


STATES: list[Callable[[Console, Window], None]] = [
    signed_out, live, account_page, to_be_signed, being_typed, containments, rules_to_be_signed, found,
    invitation, lost,
]  # fmt: skip


LOOKS = [
    ("wide", WIDE, "light"),
    ("wide", WIDE, "dark"),
    ("phone", PHONE, "light"),
    ("phone", PHONE, "dark"),
    ("narrow", NARROW, "light"),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_page_has_no_fault_and_fits(console: Console, state: Callable[[Console, Window], None]) -> None:
    if not console.world.one("select count(*) from gate.convictions"):
        console.walk(console.stolen()[1])
    window = console.counter.window()
    state(console, window)
    for size, viewport, scheme in LOOKS:
        window.wear(viewport, scheme)
        look = f"console-{state.__name__}-{size}-{scheme}"
        window.photograph(look)
        assert window.overflow() <= 0, look
        assert window.faults() == [], look
    assert window.complaints == []


def test_a_page_holds_nobodys_data_and_sets_no_cookie(console: Console) -> None:
    window = console.counter.window()
    console.enter(window, console.nadia)
    for path in ("/", "/account", "/containments", "/invitation"):
        answer = window.page.request.get(f"{console.url}{path}")
        assert "Martin" not in answer.text()
        assert "Nadia" not in answer.text()
        assert "set-cookie" not in answer.headers
        assert "'unsafe" not in answer.headers["content-security-policy"]
    assert window.context.cookies() == []
    for path in ("/api/live", "/api/waiting", "/api/counts"):
        assert window.page.request.get(f"{console.url}{path}").status == 401
    assert window.page.request.post(f"{console.url}/api/containments", data={}).status == 401
