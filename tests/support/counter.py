"""A counter with a real browser at it: the platform's own processes, Chromium, passkeys on virtual keys, cards to scan.

    def test_at_the_counter(counter: Counter) -> None:
        claire = counter.titulaire("Claire Fontaine")                  # registered and invited, as the operator does
        window = counter.window()                                      # a browser window with an empty profile
        window.accept(claire)                                          # invitation → passkey → signed in
        window.scan(counter.card_of("Nadia")); window.keys("14061985"); window.press("Enter")

Each person touches a security key of her own (the browser's virtual authenticator), so that several people share one machine as
they do in a pharmacy. Insurers and families are written straight into the tables, their aliases by the real keyring.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright, sync_playwright

from rempart.domain.birth_dates import BirthDate
from rempart.domain.card_code import CardCode, write_card_code
from rempart.domain.identifiers import AmcNumber, Nir, alias_message, nir_key
from rempart.domain.rights import CardSecret
from rempart.keyring.bulk import BulkKeyring
from rempart.keyring.client import Keyring
from rempart.operations import manage_access
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.database import copied
from tests.support.identity import with_luhn_key
from tests.support.platform import Running, processes
from tests.support.programs import NODE_TESTS, chromium, missing
from tests.support.world import Insurer, Right, World

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"
AXE = NODE_TESTS / "node_modules" / "axe-core" / "axe.min.js"

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

KEY_OF_SCANNER_S = 0.004  # what most scanners leave between two keys unless they are told otherwise

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 320, "height": 640}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Patient:
    """Somebody who stands at the counter, as her card and her words tell."""

    given_name: str
    amc: str
    nir: str
    birth_date: str  # day first, as it is typed
    birth_rank: int
    secret: str

    @property
    def card(self) -> str:
        """What a scanner types when it reads the card."""
        return write_card_code(
            CardCode(AmcNumber(self.amc), Nir.parse(self.nir), self.birth_rank, CardSecret(self.secret))
        )


@dataclass
class Professional:
    """Somebody who works there: the link she was handed, and her security key once she has one."""

    name: str
    link: str
    account_id: int
    rpps: str = ""
    credential: dict[str, Any] | None = None


@dataclass
class Window:
    """One browser window: a profile, a page, and the security key that is touched."""

    counter: "Counter"
    context: BrowserContext
    page: Page
    cdp: CDPSession
    key: str = ""
    complaints: list[str] = field(default_factory=list)

    def touch(self, person: Professional) -> None:
        """Put a person's security key in the machine, in place of the one that was there."""
        self.take_key_away()
        self.key = self.cdp.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "usb",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )["authenticatorId"]
        if person.credential is not None:
            self.cdp.send(
                "WebAuthn.addCredential", {"authenticatorId": self.key, "credential": person.credential}
            )

    def take_key_away(self) -> None:
        """Leave the machine without any security key."""
        if self.key:
            self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.key})
        self.key = ""

    def accept(self, person: Professional) -> None:
        """Follow the invitation's link, register a passkey, arrive at the counter."""
        self.touch(person)
        self.page.goto(person.link)
        self.page.get_by_role("button", name=re.compile("Enregistrer ma clé|Register my passkey")).click()
        self.page.wait_for_url(f"{self.counter.url}/")
        self.page.locator("#who-name").wait_for()
        self.keep_credential(person)

    def keep_credential(self, person: Professional) -> None:
        """Remember what the security key holds now: its counter goes up with each use."""
        (person.credential,) = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.key})[
            "credentials"
        ]

    def sign_in(self, person: Professional, path: str = "/", url: str = "") -> None:
        """Open a page, of the portal unless another address is given, and sign in with a passkey registered before."""
        self.touch(person)
        self.page.goto(f"{url or self.counter.url}{path}")
        self.page.locator("#sign-in-act").click()
        self.page.locator("#who-name").wait_for()
        self.keep_credential(person)

    def scan(self, typed: str, end: str = "Enter") -> None:
        """Type as a 2D scanner does: keys right after each other, whatever the layout makes of them, then the one that ends.

        Each key says when it was struck, so that a busy machine draws no burst out.
        """
        struck_at = time.time()
        for character in typed:
            self._strike(character, character, struck_at)
            struck_at += KEY_OF_SCANNER_S
        if end:
            self._strike(end, {"Enter": "\r", "Tab": "\t"}[end], struck_at)

    def _strike(self, key: str, text: str, struck_at: float) -> None:
        struck = {"key": key, "timestamp": struck_at}
        code = {"Enter": 13, "Tab": 9}.get(key, 0)
        down = {"type": "keyDown", "text": text, "windowsVirtualKeyCode": code}
        self.cdp.send("Input.dispatchKeyEvent", struck | down)
        self.cdp.send("Input.dispatchKeyEvent", struck | {"type": "keyUp", "windowsVirtualKeyCode": code})

    def ask_about(self, patient: Patient) -> str:
        """Scan a card, type the birth date, press Enter; give the sentence of the answer."""
        self.scan(patient.card)
        self.keys(patient.birth_date)
        self.press("Enter")
        return self.answer()

    def type_in(self, patient: Patient) -> None:
        """Type everything by hand, from the first field on, with the keyboard alone."""
        self.keys(patient.nir)
        self.press("Tab")
        self.keys(patient.amc)
        self.press("Tab")
        self.keys(patient.birth_date)

    def field(self, name: str) -> str:
        """Read what stands in a field."""
        return self.page.locator(f"#{name}").input_value()

    def questions(self) -> list[dict[str, Any]]:
        """Collect, from now on, the questions that the page sends."""
        sent: list[dict[str, Any]] = []
        self.page.on(
            "request",
            lambda request: (
                sent.append(request.post_data_json) if request.url.endswith("/api/rights") else None
            ),
        )
        return sent

    def keys(self, typed: str) -> None:
        """Type as a person does, into whatever has the focus."""
        self.page.keyboard.type(typed)

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)

    def answer(self) -> str:
        """Wait for the answer; give its sentence."""
        sentence = self.page.locator("#answer-sentence")
        sentence.wait_for()
        return sentence.inner_text()

    def focused(self) -> str:
        """Name the element that has the focus by its id."""
        return str(self.page.evaluate("document.activeElement.id"))

    def faults(self) -> list[str]:
        """Ask axe what is wrong with the page as it stands."""
        if not AXE.exists():
            missing("axe-core", "make test installs it")
        # The page's own policy lets no foreign script in: axe comes through the debugger.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{fault['id']}: {node['target']} {node['failureSummary']}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]

    def overflow(self) -> int:
        """Measure how far the page is wider than its window, in pixels."""
        return int(self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth"))

    def wear(self, size: dict[str, int], scheme: str) -> None:
        """Show the page as it stands in a window of another size and colour scheme."""
        self.page.set_viewport_size(size)  # type: ignore[arg-type]
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    def photograph(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


class Counter:
    """The platform, its people, and the windows open on it."""

    def __init__(self, running: Running, world: World, browser: Browser) -> None:
        self.running = running
        self.world = world
        self.url = running.settings.portal_url
        self.opened_on = world.today()  # a test may run past midnight
        self.patients: dict[str, Patient] = {}
        self.browser = browser
        self._windows: list[Window] = []
        self._numbers = iter(range(1, 1_000))

    def insurer(self, data_age_h: float | None = 1, required_presence: int = 0) -> Insurer:
        """Add an insurer, with keys."""
        insurer = self.world.insurer(required_presence, data_age_h)
        with ThreadPoolExecutor(1) as thread:  # the browser's own loop occupies this one
            thread.submit(asyncio.run, _make_keys(self.running.settings, insurer.amc)).result()
        return insurer

    def patient(
        self,
        given_name: str,
        insurer: Insurer,
        *rights: Right,
        birth_date: str = "14061985",
        birth_rank: int = 1,
        number: str = "",
    ) -> Patient:
        """Add somebody whom the insurer covers; her aliases and her card are real."""
        number = number or f"285067505{next(self._numbers):04d}"
        nir = f"{number}{nir_key(number):02}"
        secret = hashlib.sha256(given_name.encode()).hexdigest().upper()[:26].translate(_BASE_32)
        message = alias_message(Nir.parse(nir), BirthDate.parse_day_first(birth_date), birth_rank)
        with BulkKeyring(self.running.settings) as keyring:
            (alias,) = keyring.index(insurer.amc, [message])
        person = self.world.person(given_name, insurer, *rights)
        self.world.do(
            "update members.aliases set alias_digest = %s where person_id = %s", alias, person.person_id
        )
        self.world.do(
            "update members.people set card_digest = %s where person_id = %s",
            hashlib.sha256(secret.encode()).digest(),
            person.person_id,
        )
        patient = Patient(given_name, insurer.amc, nir, birth_date, birth_rank, secret)
        self.patients[given_name] = patient
        return patient

    def titulaire(
        self, name: str, profession: str = "optician", place: str = "Optique du Port"
    ) -> Professional:
        """Register a professional at a place of her own, and invite her."""
        number = next(self._numbers)
        rpps = with_luhn_key(f"1000{number:06d}")
        with connect_sync(self.running.settings, "operator") as connection:
            account = manage_access.register_professional(
                connection,
                rpps=rpps,
                finess=with_luhn_key(f"7500{number:04d}"),
                profession=profession,
                name=name,
                organisation=place,
            )
            invitation = manage_access.invite(connection, self.url, account.account_id)
        return Professional(name, invitation.link, account.account_id, rpps)

    def a_day_passes(self) -> None:
        """Move into the past the day after a new device, on which nobody enrols staff, and the first day of who was enrolled."""
        self.world.do(
            "update gate.account_state set reduced_until = reduced_until - interval '24 hours',"
            " new_until = new_until - interval '24 hours'"
        )

    def window(self, *, size: dict[str, int] = WIDE, scheme: str = "light", locale: str = "fr-FR") -> Window:
        """Open a browser window with an empty profile; what the page complains about is kept."""
        context = self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=locale,
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("WebAuthn.enable", {"enableUI": False})
        window = Window(self, context, page, cdp)
        page.on("pageerror", lambda error: window.complaints.append(str(error)))
        page.on("console", lambda message: _note(window, message.type, message.text))
        page.on("dialog", lambda dialog: dialog.accept())
        self._windows.append(window)
        return window

    def receipts(self) -> int:
        """Count the receipts that the gate wrote."""
        return int(self.world.one("select count(*) from evidence.receipts"))

    def close_windows(self) -> None:
        """Close every window of a test."""
        for window in self._windows:
            window.context.close()
        self._windows.clear()


_BASE_32 = str.maketrans("0189", "GHIJ")


def _note(window: Window, kind: str, text: str) -> None:
    """Keep a complaint of the browser, save that it names each answer with an error status as one."""
    if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
        window.complaints.append(text)


async def _make_keys(settings: Settings, amc: str) -> None:
    keyring = await Keyring.connect(settings, "operator")
    await keyring.create_insurer(amc)
    await keyring.close()


@contextmanager
def _launched() -> Iterator[tuple[Playwright, Browser]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            yield playwright, browser
        finally:
            browser.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Chromium for the tests of the pages; longer, its loop would stand in the way of the asynchronous tests."""
    with _launched() as (_, started):
        yield started


@pytest.fixture(scope="package")
def open_counter(keyring: Settings, template: str, browser: Browser) -> Iterator[Counter]:
    """Start the platform for the tests of the pages, with an optician's usual patients."""
    with (
        copied(keyring, template) as database,
        processes(database.settings, "identity", "portal") as running,
        closing(World(database)) as world,
    ):
        counter = Counter(running, world, browser)
        insurer = counter.insurer()
        today = counter.opened_on
        both = Right(ends_on=today + timedelta(40)), Right(ends_on=today + timedelta(300), coverage_rank=2)
        counter.patient("Nadia", insurer, *both)
        counter.patient("Paul", insurer, Right(ends_on=today - timedelta(200)), birth_date="02011950")
        counter.patient("Lou", insurer, Right(), birth_date="29022020", birth_rank=2)
        counter.patient("Ange", insurer, Right(), birth_date="30131988", number="2889905123456")
        yield counter


@pytest.fixture
def counter(open_counter: Counter) -> Iterator[Counter]:
    """Give the counter; its windows close with the test."""
    yield open_counter
    open_counter.close_windows()
