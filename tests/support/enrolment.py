"""People who come in by a browser: invited as the operator does, enrolled with a passkey of their own."""

from typing import Any

from rempart.operations import manage_access
from rempart.store.database import connect_sync
from tests.support.authenticator import Browser
from tests.support.identity import House, Professional


def invite(house: House, professional: Professional) -> str:
    with connect_sync(house.settings, "operator") as connection:
        return manage_access.invite(connection, house.settings.portal_url, professional.account_id).link


def enrolled(house: House, name: str, **register: Any) -> Browser:
    browser = Browser(house)
    assert browser.enrol(invite(house, house.register(name, **register))).status == 201
    return browser


def a_day_after_the_passkey(house: House) -> None:
    """Move every account's first day with a new device into the past: on that day nobody enrols staff."""
    run(house, "update gate.account_state set reduced_until = reduced_until - interval '24 hours'")


def run(house: House, statement: str, *parameters: Any) -> list[Any]:
    with connect_sync(house.settings, "owner") as connection:
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
