"""A hospital: its software asks by its own token, its staff at the portal, and all of them spend one budget.

Everything is the platform's own: who answers for the hospital follows the link that the command prints, enrols
the admission desk by name, takes one access back; a software exchanges the hospital's token and asks through FHIR.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import Browser

from rempart.operations import manage_access
from rempart.settings import Settings
from rempart.store import software as kept_software
from rempart.store.database import connect_sync
from tests.browser.test_staff import invited
from tests.faces.fhir.conftest import Answer, Desk
from tests.faces.fhir.conftest import Software as Caller
from tests.faces.fhir.requests import Traits, question
from tests.support.counter import Counter, Patient, Professional, Window
from tests.support.database import copied, environ_for
from tests.support.identity import House, Software, key_set_server
from tests.support.platform import processes
from tests.support.world import Right, World

FINESS = "750000358"
PEOPLE = 4


@dataclass
class Hospital:
    """The hospital of this story."""

    counter: Counter
    house: House
    account_id: int
    chief: Professional
    patients: list[Patient]

    def by_software(self, patient: Patient) -> Answer:
        """Ask through FHIR, by a token that was exchanged for the hospital's own."""
        claims = {"SubjectNameID": None, "preferred_username": None, "SubjectOrganizationID": f"F{FINESS}"}
        software = self.house.software
        subject = self.house.provider.identity_token(software.client_id, "", **claims)
        token = self.house.exchange(subject_token=subject).body["access_token"]
        desk = Desk(self.counter.world, self.counter.running, None, None)  # type: ignore[arg-type]
        caller = Caller(token, software.proof_key, None, None)  # type: ignore[arg-type]  # neither is asked for
        day = patient.birth_date
        traits = Traits(patient.given_name, patient.nir, day[4:] + day[2:4] + day[:2])
        return desk.ask(question(traits, patient.amc, domain="HOSP"), caller)

    def people_today(self) -> int:
        """Read what the hospital has spent of its day."""
        spent = "select people_today from gate.account_state where account_id = %s"
        return int(self.counter.world.one(spent, self.account_id))


def registered(settings: Settings) -> dict[str, str]:
    """Register the hospital as the operator does."""
    command = [sys.executable, "-m", "rempart.cli", "professional", "structure", "--json", "--invite"]
    named = ["--finess", FINESS, "--name", "Hôpital du Port"]
    done = subprocess.run([*command, *named], env=environ_for(settings), capture_output=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def hospital(keyring: Settings, template: str, browser: Browser) -> Iterator[Hospital]:
    """Start the platform, with a hospital, a provider that names it, and a software."""
    with (
        copied(keyring, template) as database,
        processes(database.settings_as("sandbox"), "identity", "portal", "fhir") as running,
        closing(World(database)) as world,
        key_set_server() as (provider, _),
    ):
        software = Software("urgences-test", ECKey.generate_key("P-256"))
        with connect_sync(running.settings, "operator") as connection:
            keys = {"keys": [software.key.as_dict(private=False)]}
            kept_software.register_software(connection, software.client_id, "Admissions", keys)
            manage_access.register_provider(
                connection,
                provider.issuer,
                f"{provider.issuer}/jwks",
                for_tests=True,
                because="essai",
                by="nadia",
            )
        counter = Counter(running, world, browser)
        insurer = counter.insurer()
        names = ["Nadia", "Paul", "Lou", "Ange", "Inès", "Karim"]
        ends_on = world.today() + timedelta(40)
        patients = [counter.patient(name, insurer, Right(ends_on=ends_on)) for name in names]
        told = registered(running.settings)
        chief = Professional("Hôpital du Port", told["link"], int(told["account_id"]))
        house = House(running.settings, database, provider, software)
        world.do("update access.profession_rules set people_per_day = %s where profession_id = 9", PEOPLE)
        yield Hospital(counter, house, chief.account_id, chief, patients)
        counter.close_windows()


def asks(window: Window, patient: Patient) -> str:
    """Type a patient in by hand, without a card; give the sentence of the answer."""
    window.press("Escape")
    window.type_in(patient)
    window.press("Enter")
    return window.answer()


def test_a_hospital_and_its_staff_spend_one_budget_and_one_leaves_alone(hospital: Hospital) -> None:
    nadia, paul, lou, ange, ines, karim = hospital.patients
    chief, first, second = (hospital.counter.window() for _ in range(3))
    chief.accept(hospital.chief)
    hospital.counter.a_day_passes()  # else the new key would enrol nobody
    chief.page.get_by_role("link", name="Équipe").click()
    chief.page.locator("#nobody").wait_for()
    first.accept(invited(chief, "Noé Lambert"))
    chief.photograph("hospital-staff")
    second.accept(invited(chief, "Inès Moreau"))
    assert asks(first, paul).startswith("Une preuve de la présence")
    hospital.counter.a_day_passes()

    assert hospital.by_software(nadia).code == "open"
    assert asks(first, paul).startswith("Droits ouverts")
    assert asks(second, lou).startswith("Droits ouverts")
    assert hospital.people_today() == 3
    assert hospital.by_software(paul).code == "open"
    assert hospital.people_today() == 3, "whom a colleague asked about is no new person"

    world = hospital.counter.world
    noe = world.one("select account_id from access.accounts where display_name = 'Noé Lambert'")
    world.do("update gate.account_state set standing = 2 where account_id = %s", noe)
    assert asks(second, ange).startswith("Droits ouverts")
    assert hospital.by_software(nadia).code == "open"
    assert hospital.by_software(ines).code == "presence-required"
    assert hospital.people_today() == PEOPLE

    chief.page.reload()
    chief.page.get_by_role("button", name="Retirer l’accès de Noé Lambert").click()
    chief.page.locator("#confirm").wait_for()
    chief.page.get_by_role("button", name="Retirer l’accès", exact=True).last.click()
    chief.page.locator("#done", has_text="Noé Lambert n’a plus accès.").wait_for()
    first.press("Escape")
    first.type_in(karim)
    first.press("Enter")
    first.page.locator("#sign-in").wait_for()
    second.press("Escape")
    assert second.ask_about(karim).startswith("Droits ouverts"), "a card is answered, past the budget too"
    assert [*first.complaints, *second.complaints, *chief.complaints] == []
