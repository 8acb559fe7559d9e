"""A sandbox as a vendor meets it: every process, the test people, the test professionals; without the 20,000 others.

    shop = sandbox.shop("optician")             a new professional, a token for a software, a session at the portal
    shop.software.ask_rights(Asked(...))        through FHIR
    shop.browser.ask_rights({...})              through the portal

A shop is new, so nobody is known there, and its software is new to it: its budgets are halved, as anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rempart.adapters import clock
from rempart.operations import manage_access
from rempart.sandbox.browser import Browser
from rempart.sandbox.provider_visit import name_professional
from rempart.sandbox.software import Software
from rempart.sandbox.world import SHOPS_TIMEZONE, Register, make_test_people, register_everybody
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.database import Database, copied
from tests.support.identity import with_luhn_key
from tests.support.platform import processes

_numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """A professional at work, with a software and a browser."""

    software: Software
    browser: Browser


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and what was registered there."""

    settings: Settings
    database: Database
    register: Register
    made_on: date

    def shop(self, profession: str = "pharmacist") -> Shop:
        """Open a shop."""
        number = next(_numbers)
        rpps, settings, main = with_luhn_key(f"20{number:08}"), self.settings, self.register.main
        with connect_sync(settings, "operator") as connection:
            account = manage_access.register_professional(
                connection,
                rpps=rpps,
                finess=with_luhn_key(f"75{number:06}"),
                profession=profession,
                name="Zoé Petit",
            )
            link = manage_access.invite(connection, settings.portal_url, account.account_id).link
        software, browser = main.software(settings), Browser(settings.portal_url, settings.identity_url)
        identity = name_professional(settings.test_provider_url, main.client_id, rpps)
        software.take_token(settings.identity_url, identity)
        browser.accept_invitation(link)
        return Shop(software, browser)

    def require_its_own_day(self) -> None:
        """Skip what depends on the day if midnight has passed in Paris since the sandbox was made."""
        if clock.today(SHOPS_TIMEZONE) != self.made_on:
            pytest.skip("midnight has just passed in Paris: the test people are a day older")


@pytest.fixture(scope="package")
def sandbox(server: Settings, template: str) -> Iterator[Sandbox]:
    """Make a sandbox once for all the tests of this folder."""
    with (
        copied(server, template) as database,
        processes(database.settings_as("sandbox"), REMPART_FHIR_WORKERS="1") as running,
        TemporaryDirectory() as folder,
    ):
        today = clock.today(SHOPS_TIMEZONE)
        make_test_people(running.settings, Path(folder), today)
        register = register_everybody(running.settings, Path(folder))
        yield Sandbox(running.settings, database, register, today)
