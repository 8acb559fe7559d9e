"""The operations console with a real browser at it: operators with their keys, and a thief at a stolen account.

def test_in_the_console(console: Console) -> None:
window = console.counter.window()
console.enter(window, console.nadia, "/containments")     # a page, signed in by the keyboard
tab_to(window, "#contain"); window.press("Enter")
say_why(window, "session volée")
assert sign(window, console.nadia).startswith("C’est fait")
"""

from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Error

from rempart.domain.rights import Outcome
from rempart.operations.console import ways_in
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.counter import Counter, Professional, Window
from tests.support.database import copied
from tests.support.platform import Running, processes
from tests.support.world import Account, Session, World, outcome


@dataclass
class Console:
    """The platform of this story, its operators, and the account that a thief uses."""

    running: Running
    world: World
    counter: Counter
    nadia: Professional
    hugo: Professional

    @property
    def url(self) -> str:
        return self.running.settings.console_url

    def invite(self, name: str, role: ways_in.Role = "security") -> Professional:
        """Invite an operator as the machine's command does."""
        with connect_sync(self.running.settings, "operator") as connection:
            made = ways_in.invite(connection, self.url, name, role, "root")
        return Professional(name, made.link, made.operator_id)

    def enrol(self, window: Window, person: Professional) -> None:
        """Follow the invitation and register the key; no session comes of it."""
        window.touch(person)
        window.page.goto(person.link)
        window.page.locator("#accept").wait_for()
        assert window.focused() == "accept"
        window.press("Enter")
        window.page.locator("#done:not(:empty)").wait_for()
        window.keep_credential(person)

    def enter(self, window: Window, person: Professional, path: str = "/") -> None:
        """Open a page of the console and sign in, by the keyboard."""
        window.touch(person)
        window.page.goto(f"{self.url}{path}")
        window.page.locator("#sign-in-act").wait_for()
        until(window, "document.activeElement.id === 'sign-in-act'")
        window.press("Enter")
        window.page.locator("#who-name").wait_for()
        window.keep_credential(person)

    def stolen(self) -> tuple[Account, Session]:
        """Give a pharmacist's account, and the session that a thief opened on a device of his own."""
        account = self.world.account()
        return account, self.world.software_session(account, is_new_device=True)

    def walk(self, session: Session) -> None:
        """Ask about people who do not exist, until the account is frozen."""
        insurer = self.world.insurer()
        for number in range(60):
            answer = self.world.ask(session.about(self.world.stranger(f"Inconnu {number}", insurer)))
            if outcome(answer) is Outcome.ACCOUNT_FROZEN:
                return
        raise AssertionError("the account was not convicted")


@pytest.fixture(scope="module")
def open_console(keyring: Settings, template: str, browser: Browser) -> Iterator[Console]:
    """Start the console on a base of its own, with two operators who registered their keys."""
    with (
        copied(keyring, template) as database,
        processes(database.settings, "identity", "portal", "console") as running,
        closing(World(database)) as world,
    ):
        counter = Counter(running, world, browser)
        console = Console(running, world, counter, None, None)  # type: ignore[arg-type]  # the next lines invite them
        console.nadia, console.hugo = console.invite("Nadia Roux"), console.invite("Hugo Lenoir")
        for person in (console.nadia, console.hugo):
            console.enrol(counter.window(), person)
            counter.close_windows()
        yield console


@pytest.fixture
def console(open_console: Console) -> Iterator[Console]:
    """Give the console; its windows close with the test."""
    yield open_console
    open_console.counter.close_windows()


def until(window: Window, is_so: str) -> None:
    """Wait until something is so in the page; its policy lets no text be run in it, so the debugger asks."""
    for _ in range(150):
        with suppress(Error):  # the page is being left for another one
            if window.page.evaluate(f"() => Boolean({is_so})"):
                return
        window.page.wait_for_timeout(100)
    raise AssertionError(f"never so: {is_so}")


def tab_to(window: Window, selector: str, most: int = 60) -> None:
    """Go to an element by the Tab key, as who has no mouse does."""
    for _ in range(most):
        if window.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        window.press("Tab")
    raise AssertionError(f"{selector} is not reached by the Tab key")


def sign(window: Window, person: Professional) -> str:
    """Go on to the sentence, read it, have the key sign it; give what the console says then."""
    window.press("Enter")
    window.page.locator("#act-to-sign").wait_for()
    until(window, "document.activeElement.id === 'act-go'")
    window.press("Enter")
    window.page.locator("#act").wait_for(state="hidden")
    window.keep_credential(person)
    return window.page.locator("#done").inner_text()


def say_why(window: Window, because: str) -> None:
    """Give the reason of the act that is open."""
    window.page.locator("#act").wait_for()
    tab_to(window, "#act-because")
    window.keys(because)
