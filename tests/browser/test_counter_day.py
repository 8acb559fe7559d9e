"""The day the portal is closed: who closes it, what the public page says, and how an optician without software goes on.

The story of February 2024 told again: the portal is cut, the shops are full. Everything here is the platform's own processes, a
real browser and a real passkey; the seconds are measured, and kept in out/counter_day.json.
"""

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from rempart.operations import contain as acts
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.faces.fhir.conftest import Desk
from tests.faces.fhir.requests import Traits, question
from tests.support.counter import NARROW, SCREENSHOTS, WIDE, Counter, Patient, Professional, Window
from tests.support.database import copied
from tests.support.platform import Running, processes
from tests.support.world import Right, World

TOLD_WITHIN_S = 10
ANSWERED_WITHIN_S = 60
FIGURES = SCREENSHOTS.parent / "counter_day.json"
PHONE = {"width": 390, "height": 844}


class Day:
    """The platform of this story: its pages, a pharmacist's software beside them, an operator."""

    def __init__(self, running: Running, world: World, browser: Browser) -> None:
        self.running = running
        self.settings = running.settings
        self.counter = Counter(running, world, browser)
        insurer = self.counter.insurer()
        self.nadia = self.counter.patient("Nadia", insurer, Right(ends_on=world.today() + timedelta(40)))
        self.desk = Desk(world, running, insurer, None)  # type: ignore[arg-type]  # the next line opens it
        self.desk.software = self.desk.open_software()
        self.optician = self.counter.titulaire("Claire Fontaine")

    def close(self, scope: str, named: str = "") -> int:
        """Contain something, as an operator does."""
        with connect_sync(self.settings, "operator") as connection:
            done = acts.contain(connection, scope, named, "freeze", "hameçonnage", "nadia.op")  # type: ignore[arg-type]
            return done.containment_id

    def reopen(self, containment_id: int) -> None:
        """Release it, as two operators do."""
        with connect_sync(self.settings, "operator") as connection:
            released = [
                acts.release(connection, "fini", who, containment_id=containment_id).is_done
                for who in ("nadia.op", "hugo.op")
            ]
        assert released == [False, True]

    def status(self) -> dict[str, Any]:
        """Read the public state, as a program does."""
        return dict(json.loads(fetch(f"{self.settings.status_url}/status.json")))

    def state_of(self, population: str) -> dict[str, Any]:
        """Read what one population is told."""
        status = self.status()
        return next(p for p in status["touched"] + status["untouched"] if p["code"] == population)

    def standing(self, population: str, way: str) -> str:
        """Read how open a way is to a population."""
        return next(str(w["standing"]) for w in self.state_of(population)["ways"] if w["code"] == way)

    def by_software(self) -> str:
        """Ask through FHIR; give the code of the answer."""
        nadia = self.nadia
        day_first = nadia.birth_date
        traits = Traits("Nadia", nadia.nir, day_first[4:] + day_first[2:4] + day_first[:2])
        return self.desk.ask(question(traits, nadia.amc)).code


def fetch(url: str) -> bytes:
    """Read an address of this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/", headers={"Host": parts.netloc})
        return connection.getresponse().read()
    finally:
        connection.close()


def seconds_until(is_so: Callable[[], bool], at_most_s: float = TOLD_WITHIN_S) -> float:
    """Wait until something is so; give the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() < began + at_most_s:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError(f"not so after {at_most_s} s")


def write_down(**measured: float) -> None:
    """Keep what was measured, beside the pictures."""
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps(kept | {name: round(figure, 1) for name, figure in measured.items()}))


@pytest.fixture(scope="module")
def day(keyring: Settings, template: str, browser: Browser) -> Iterator[Day]:
    """Start every face on a base of its own; the optician registers her passkey at the portal, some weeks before."""
    with (
        copied(keyring, template) as database,
        processes(database.settings, "fhir", "identity", "portal", "counter", "public") as running,
        closing(World(database)) as world,
    ):
        opened = Day(running, world, browser)
        window = opened.counter.window()
        window.accept(opened.optician)
        opened.counter.close_windows()
        seconds_until(lambda: bool(opened.status()["all_open"]))
        yield opened


@pytest.fixture
def window(day: Day) -> Iterator[Window]:
    """Open a browser window of the shop."""
    yield day.counter.window()
    day.counter.close_windows()


@contextmanager
def stopped(process_ids: list[int]) -> Iterator[None]:
    """Have processes hang, as one that is drowned in requests does, for the time of a block."""
    for process_id in process_ids:
        os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        for process_id in process_ids:
            os.kill(process_id, signal.SIGCONT)


def at_the_counter(day: Day, window: Window, person: Professional, patient: Patient) -> str:
    """Go from the status page to an answer at the counter: two clicks, one touch of the key, one scan, nine keys."""
    window.touch(person)
    window.page.goto(day.settings.status_url)
    window.page.locator(f"section:has(#optician) a[href='{day.settings.counter_url}']").click()
    window.page.locator("#sign-in-act").click()
    window.page.locator("#who-name").wait_for()
    window.keep_credential(person)
    return window.ask_about(patient)


def test_the_portal_is_closed_and_an_optician_without_software_goes_on(day: Day, window: Window) -> None:
    window.sign_in(day.optician)
    number = day.close("face", "portal")
    told_s = seconds_until(lambda: day.standing("optician", "portal") == "closed")
    assert window.ask_about(day.nadia).startswith("Les consultations sont suspendues")
    elsewhere = {link.get_attribute("href") for link in window.page.locator(".elsewhere a").all()}
    assert elsewhere == {day.settings.counter_url, day.settings.status_url}
    assert window.faults() == []
    window.photograph("portal-closed")
    assert day.by_software() == "open"
    assert day.state_of("optician")["address"] == day.settings.counter_url
    assert day.state_of("software")["level"] == "open"

    other = day.counter.window()
    began = time.monotonic()
    sentence = at_the_counter(day, other, day.optician, day.nadia)
    answered_s = time.monotonic() - began
    assert sentence.startswith("Droits ouverts jusqu’au")
    assert answered_s < ANSWERED_WITHIN_S

    day.reopen(number)
    back_s = seconds_until(lambda: bool(day.status()["all_open"]))
    window.press("Escape")
    assert window.ask_about(day.nadia).startswith("Droits ouverts jusqu’au")
    assert "Portail fermé" in json.dumps(day.status()["history"], ensure_ascii=False)
    write_down(told_s=told_s, answered_s=answered_s, clicks=2, told_open_s=back_s)


def test_the_api_is_closed_and_the_pages_go_on(day: Day, window: Window) -> None:
    number = day.close("face", "fhir")
    seconds_until(lambda: day.state_of("software")["level"] == "closed")
    assert day.by_software() == "contained"
    window.sign_in(day.optician)
    assert window.ask_about(day.nadia).startswith("Droits ouverts")
    at_counter = day.counter.window()
    at_counter.sign_in(day.optician, url=day.settings.counter_url)
    assert at_counter.ask_about(day.nadia).startswith("Droits ouverts")
    assert day.state_of("optician")["address"] == day.settings.portal_url
    day.reopen(number)
    seconds_until(lambda: day.by_software() == "open")


def test_the_process_of_the_portal_hangs_and_the_others_go_on(day: Day, window: Window) -> None:
    with stopped(day.running.process_ids["portal"]):
        write_down(told_silent_s=seconds_until(lambda: day.standing("optician", "portal") == "silent"))
        assert day.by_software() == "open"
        assert at_the_counter(day, window, day.optician, day.nadia).startswith("Droits ouverts")
    seconds_until(lambda: day.standing("optician", "portal") == "open")


def test_the_processes_of_the_api_hang_and_the_pages_go_on(day: Day, window: Window) -> None:
    with stopped(day.running.process_ids["fhir"]):
        seconds_until(lambda: day.standing("software", "fhir") == "silent")
        window.sign_in(day.optician)
        assert window.ask_about(day.nadia).startswith("Droits ouverts")
        at_counter = day.counter.window()
        at_counter.sign_in(day.optician, url=day.settings.counter_url)
        assert at_counter.ask_about(day.nadia).startswith("Droits ouverts")
    seconds_until(lambda: day.standing("software", "fhir") == "open")


def test_a_portal_that_is_killed_is_back_and_the_counter_never_left(day: Day, window: Window) -> None:
    window.sign_in(day.optician, url=day.settings.counter_url)
    (portal,) = day.running.process_ids["portal"]
    os.kill(portal, signal.SIGKILL)
    assert window.ask_about(day.nadia).startswith("Droits ouverts")
    seconds_until(lambda: fetch(f"{day.settings.portal_url}/health") == b'{"status":"ok"}')


def test_the_page_says_since_when_it_knows_nothing_new(day: Day, window: Window) -> None:
    number = day.close("face", "portal")
    seconds_until(lambda: day.standing("optician", "portal") == "closed")
    owner = day.counter.world
    database = owner.one("select current_database()")
    owner.do(f'revoke connect on database "{database}" from rempart_public')
    try:
        owner.do(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'rempart_public' and datname = current_database()"
        )
        seconds_until(lambda: not day.status()["is_current"])
        assert day.standing("optician", "portal") == "closed", "the last known state is told"
        window.page.goto(day.settings.status_url)
        assert "ne reçoit plus de nouvelles depuis le" in window.page.locator(".stale").inner_text()
        assert window.faults() == []
        window.photograph("status-without-news")
    finally:
        owner.do(f'grant connect on database "{database}" to rempart_public')
        day.reopen(number)
    seconds_until(lambda: bool(day.status()["is_current"]) and bool(day.status()["all_open"]))


def test_a_base_that_hangs_does_not_take_the_page_along(day: Day) -> None:
    if not day.settings.is_database_embedded:
        pytest.skip("an external server's processes are not ours to stop")
    backend = day.counter.world.one(
        "select pid from pg_stat_activity where usename = 'rempart_public' and datname = current_database()"
    )
    with stopped([int(backend)]), stopped(day.running.process_ids["fhir"]):
        write_down(told_without_news_s=seconds_until(lambda: day.status()["base_silent_since"] is not None))
        seconds_until(lambda: day.standing("software", "fhir") == "silent")
    seconds_until(lambda: bool(day.status()["is_current"]) and bool(day.status()["all_open"]))


@pytest.mark.parametrize("size", [NARROW, PHONE, WIDE], ids=["320", "390", "1280"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_status_page_is_read_on_a_telephone_without_any_script(
    day: Day, window: Window, size: dict[str, int], scheme: str
) -> None:
    number = day.close("face", "portal")
    with connect_sync(day.settings, "operator") as connection:
        connection.execute(
            "select gate.publish_status('optician', 'Le portail est fermé depuis ce matin. Le comptoir répond.',"
            " now() + interval '2 hours', 'nadia.op')"
        )
    try:
        seconds_until(lambda: bool(day.state_of("optician")["messages"]))
        window.wear(size, scheme)
        window.page.goto(day.settings.status_url)
        assert window.page.locator("script").count() == 0
        assert "Le comptoir répond." in window.page.locator("section:has(#optician)").inner_text()
        assert "nadia.op" not in window.page.content()
        assert window.faults() == []
        assert window.overflow() <= 0
        window.photograph(f"status-{size['width']}-{scheme}")
    finally:
        day.counter.world.do("update gate.status_messages set ended_at = now() where ended_at is null")
        day.reopen(number)
    assert window.complaints == []


@pytest.mark.parametrize("size", [NARROW, PHONE, WIDE], ids=["320", "390", "1280"])
def test_the_counter_is_one_form_and_one_answer(day: Day, window: Window, size: dict[str, int]) -> None:
    window.wear(size, "light")
    window.page.goto(day.settings.counter_url)
    window.page.locator("#sign-in").wait_for()
    assert window.faults() == []
    window.photograph(f"counter-signed-out-{size['width']}")
    window.sign_in(day.optician, url=day.settings.counter_url)
    window.ask_about(day.nadia)
    assert window.faults() == []
    assert window.overflow() <= 0
    window.photograph(f"counter-answer-{size['width']}")
    assert window.complaints == []


def test_a_session_of_the_portal_is_none_at_the_counter(day: Day, window: Window) -> None:
    window.sign_in(day.optician)
    window.page.goto(day.settings.counter_url)
    window.page.locator("#sign-in").wait_for()
    assert window.page.locator("#counter").is_hidden()
