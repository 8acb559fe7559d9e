"""In a sandbox, and only there, the page shows why it answers as it does."""

from contextlib import closing

from playwright.sync_api import Browser

from tests.support.counter import Counter
from tests.support.database import Database
from tests.support.platform import processes
from tests.support.world import Right, World


def test_a_sandbox_says_why_and_production_does_not(
    counter: Counter, fresh_database: Database, browser: Browser
) -> None:
    window = counter.window()
    window.accept(counter.titulaire("Claire Fontaine"))
    window.ask_about(counter.patients["Nadia"])
    assert window.page.locator("details.sandbox").count() == 0

    sandbox = fresh_database.settings_as("sandbox")
    with (
        processes(sandbox, "identity", "portal") as running,  # the keyring is the counter's
        closing(World(fresh_database)) as world,
    ):
        trial = Counter(running, world, browser)
        nadia = trial.patient("Nadia", trial.insurer(), Right())
        window = trial.window()
        window.accept(trial.titulaire("Karim Haddad"))
        window.ask_about(nadia)
        window.page.locator("details.sandbox summary").click()
        why = window.page.locator("details.sandbox").inner_text()
        assert "card_matches" in why
        assert nadia.nir not in why
        window.photograph("sandbox-why")
        assert window.faults() == []
        trial.close_windows()
