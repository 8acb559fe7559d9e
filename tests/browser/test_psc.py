"""From the portal's button to an answer, by Pro Santé Connect: a real browser, a real provider, the real platform."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Response

from rempart.operations import manage_access
from rempart.operations.trials.roster import publish_roster
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.counter import NARROW, WIDE, Counter, Window
from tests.support.database import Database, copied
from tests.support.platform import processes
from tests.support.psc import CLIENT_ID, SECRET, PscProvider, practising, pro_sante_connect
from tests.support.world import Right, World

PHONE = {"width": 390, "height": 844}
LOOKS = [
    ("wide", WIDE, "light"),
    ("wide", WIDE, "dark"),
    ("narrow", NARROW, "light"),
    ("phone", PHONE, "light"),
]


@dataclass
class PscCounter:
    """A counter whose portal is connected, and the provider."""

    counter: Counter
    psc: PscProvider

    def pharmacist(self, login: str, *, other_place: str = "") -> str:
        """Register a pharmacist who has no passkey; give the RPPS number."""
        professional = self.counter.titulaire(login, "pharmacist", "Pharmacie du Port")
        finess = self.counter.world.one(
            "select finess from access.organisations join access.accounts using (organisation_id) where account_id = %s",
            professional.account_id,
        )
        places = [finess]
        if other_place:
            places.append(other_place)
            with connect_sync(self.counter.running.settings, "operator") as connection:
                manage_access.register_professional(
                    connection,
                    rpps=professional.rpps,
                    finess=other_place,
                    profession="pharmacist",
                    name=login,
                    organisation="Pharmacie de la Gare",
                )
        self.psc.know(login, practising(professional.rpps, "21", *places))
        return professional.rpps

    def leave(self, window: Window, login: str, path: str = "/") -> None:
        """Go to the provider by the button, and choose a person there."""
        window.page.goto(f"{self.counter.url}{path}")
        window.page.locator("#psc-act").click()
        window.page.wait_for_url(f"{self.psc.issuer}/**")
        window.page.get_by_role("button", name=login, exact=True).click()


@pytest.fixture(scope="module")
def open_psc_counter(
    keyring: Settings, template: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PscCounter]:
    secret: Path = tmp_path_factory.mktemp("psc") / "secret"
    secret.write_text(SECRET)
    with pro_sante_connect() as provider, copied(keyring, template) as database:
        connected = {
            "REMPART_PSC_ISSUER": provider.issuer,
            "REMPART_PSC_CLIENT_ID": CLIENT_ID,
            "REMPART_PSC_SECRET_FILE": str(secret),
        }
        with (
            processes(database.settings, "identity", "portal", **connected) as running,
            closing(World(database)) as world,
        ):
            portal = running.settings.portal_url
            provider.open([f"{portal}/psc", f"{portal}/en/psc"])
            counter = Counter(running, world, browser)
            counter.patient("Nadia", counter.insurer(), Right(ends_on=world.today() + timedelta(40)))
            yield PscCounter(counter, provider)


@pytest.fixture
def town(open_psc_counter: PscCounter) -> Iterator[PscCounter]:
    yield open_psc_counter
    open_psc_counter.counter.close_windows()


def test_a_pharmacist_goes_from_the_button_to_an_answer(town: PscCounter) -> None:
    town.pharmacist("Claire Fontaine")
    window = town.counter.window()
    seen: list[str] = []
    ours: list[Response] = []
    addresses = (town.counter.url, town.counter.running.settings.identity_url)
    window.page.on("request", lambda request: seen.append(request.url))
    window.page.on(
        "response", lambda response: ours.append(response) if response.url.startswith(addresses) else None
    )
    town.leave(window, "Claire Fontaine")
    window.page.locator("#who-name", has_text="Claire Fontaine").wait_for()
    assert window.page.url == f"{town.counter.url}/"
    window.photograph("psc-signed-in")
    assert window.ask_about(town.counter.patients["Nadia"]).startswith("Droits ouverts jusqu’au")
    assert ours, "the page asked this platform for something"
    assert not any("set-cookie" in response.headers for response in ours)
    portal = [url for url in seen if url.startswith(town.counter.url)]
    assert not [url for url in portal if "code=" in url.partition("#")[0]], (
        "no server of ours was told a code in an address"
    )
    assert window.complaints == []


def test_the_code_stays_neither_in_the_address_nor_in_the_history(town: PscCounter) -> None:
    town.psc.know("a stranger", practising("10005173140", "21", "750712184"))
    window = town.counter.window()
    town.leave(window, "a stranger")
    window.page.locator("#join").wait_for()
    assert window.page.url == f"{town.counter.url}/psc"
    window.page.reload()
    window.page.locator("#again").wait_for()
    assert "code=" not in window.page.url


def test_the_session_that_it_opens_registers_a_first_passkey(town: PscCounter) -> None:
    town.pharmacist("Paul Martin")
    window = town.counter.window()
    town.leave(window, "Paul Martin")
    window.page.locator("#who-name").wait_for()
    person = town.counter.titulaire("nobody in particular")
    window.touch(person)
    window.page.goto(f"{town.counter.url}/account")
    window.page.locator("#another").click()
    window.page.locator("#done:not(:empty)").wait_for()
    window.keep_credential(person)
    window.page.locator("#sign-out").click()
    window.page.locator("#sign-in").wait_for()
    window.sign_in(person)
    assert window.page.locator("#who-name").inner_text() == "Paul Martin"


def test_several_places_are_asked_about(town: PscCounter) -> None:
    town.pharmacist("Nina Faure", other_place="750000358")
    window = town.counter.window()
    town.leave(window, "Nina Faure")
    window.page.locator("#places").wait_for()
    assert window.focused() == "places-title"
    window.page.get_by_role("button", name="Pharmacie de la Gare").click()
    window.page.locator("#who-place", has_text="Pharmacie de la Gare").wait_for()


def test_the_same_browser_is_a_new_device_once(town: PscCounter) -> None:
    town.pharmacist("Léa Moreau")
    window = town.counter.window()
    for _ in range(2):
        town.leave(window, "Léa Moreau")
        window.page.locator("#who-name").wait_for()
        window.page.locator("#sign-out").click()
        window.page.locator("#sign-in").wait_for()
    found = town.counter.world.one(
        "select count(*) from access.new_devices as d join access.accounts as a using (account_id) where a.display_name = %s",
        "Léa Moreau",
    )
    assert found == 1


def test_an_address_from_another_browser_signs_nobody_in(town: PscCounter) -> None:
    """A thief sends the address with which he came back: the victim's browser is not the one that began."""
    town.pharmacist("un voleur")
    thief, victim = town.counter.window(), town.counter.window()
    left: list[str] = []
    thief.page.route(
        f"{town.psc.issuer}/auth*", lambda route: (left.append(route.request.url), route.abort())
    )
    thief.page.goto(f"{town.counter.url}/")
    with thief.page.expect_event("requestfailed"):
        thief.page.locator("#psc-act").click()
    address = f"{town.counter.url}/psc#{urlencode(town.psc.sign_in(left[0], 'un voleur'))}"
    victim.page.goto(f"{town.counter.url}/")
    victim.page.goto(address)
    victim.page.locator("#notice:not(:empty)").wait_for()
    assert "n’a pas commencé dans ce navigateur" in victim.page.locator("#notice").inner_text()
    victim.page.goto(f"{town.counter.url}/")
    victim.page.locator("#sign-in").wait_for()


def test_who_cancels_is_told_so(town: PscCounter) -> None:
    window = town.counter.window()
    town.leave(window, "nobody")
    window.page.locator("#notice:not(:empty)").wait_for()
    assert "vous avez annulé" in window.page.locator("#notice").inner_text()


def test_in_english_one_comes_back_in_english(town: PscCounter) -> None:
    town.pharmacist("Hugo Lefebvre")
    window = town.counter.window(locale="en-GB")
    town.leave(window, "Hugo Lefebvre", "/en/account")
    window.page.locator("#account-name", has_text="Hugo Lefebvre").wait_for()
    assert window.page.url == f"{town.counter.url}/en/account"


@pytest.mark.parametrize("state", ["button", "join", "places"])
@pytest.mark.parametrize(("name", "size", "scheme"), LOOKS)
def test_how_it_looks(town: PscCounter, state: str, name: str, size: dict[str, int], scheme: str) -> None:
    window = town.counter.window(size=size, scheme=scheme)
    if state == "button":
        window.page.goto(f"{town.counter.url}/")
        window.page.locator("#psc-act").wait_for()
    elif state == "join":
        town.psc.know("a stranger", practising("10005173140", "21", "750712184"))
        town.leave(window, "a stranger")
        window.page.locator("#join").wait_for()
    else:
        login = f"Zoé {name} {scheme}"
        town.pharmacist(login, other_place="750000358")
        town.leave(window, login)
        window.page.locator("#places").wait_for()
    window.photograph(f"psc-{state}-{name}-{scheme}")
    assert window.faults() == []
    assert window.overflow() <= 0


def test_where_it_is_not_connected_there_is_neither_button_nor_page(counter: Counter) -> None:
    window = counter.window()
    window.page.goto(f"{counter.url}/")
    window.page.locator("#sign-in").wait_for()
    assert window.page.locator("#psc-act").count() == 0
    answer = window.page.goto(f"{counter.url}/psc")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize(("name", "size"), [("wide", WIDE), ("phone", PHONE)])
def test_a_sandbox_is_entered_by_its_made_up_provider(
    keyring: Settings, fresh_database: Database, browser: Browser, name: str, size: dict[str, int]
) -> None:
    sandbox = fresh_database.settings_as("sandbox")
    with (
        processes(sandbox, "identity", "portal", "test-provider") as running,
        closing(World(fresh_database)) as world,
    ):
        trial = Counter(running, world, browser)
        trial.titulaire("Karim Haddad")
        with connect_sync(running.settings, "operator") as connection:
            publish_roster(running.settings, connection)
        window = trial.window(size=size)
        window.page.goto(trial.url)
        window.page.locator("#psc-act").click()
        window.page.get_by_text("Ceci n’est pas Pro Santé Connect.").wait_for()
        window.photograph(f"psc-made-up-{name}")
        assert window.faults() == []
        window.page.get_by_role("button", name="Karim Haddad").click()
        window.page.locator("#who-name", has_text="Karim Haddad").wait_for()
        assert window.page.url == f"{trial.url}/"
        trial.close_windows()
