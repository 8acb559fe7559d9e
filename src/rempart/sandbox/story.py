"""A day's story, told on a running platform: a pharmacy's software asks through FHIR, an optician asks in the portal.

Each question goes over HTTP as it would in a shop, and each answer is held against what the test people promise: the story ends
at the first one that differs, so that a demonstration that was told to its end did work.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from rempart.faces.fhir.systems import TRACE_NUMBER
from rempart.sandbox.browser import Browser
from rempart.sandbox.client import Answer
from rempart.sandbox.people import PEOPLE, STRANGER, TestPerson
from rempart.sandbox.provider_visit import name_professional
from rempart.sandbox.software import Asked, Software
from rempart.sandbox.world import CLIENT_ID, KEY_ID, OPTICIAN, PHARMACIST, World
from rempart.settings import Settings

Say = Callable[[str], None]


class StoryWentWrong(Exception):
    """An answer was not the one that the test people promise."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One question of the pharmacy: about whom, with what in hand, and what must be answered."""

    title: str
    person: TestPerson
    expected: str
    with_card: bool = False
    break_glass: str | None = None
    status: int = 200


def _person(given_name: str) -> TestPerson:
    return next(person for person in PEOPLE if person.given_names == given_name)


SCENES: Final = (
    Scene("Alice vient chercher son traitement.", _person("Alice"), "open"),
    Scene("Basile, son fils, n'a que le numéro de sa mère.", _person("Basile"), "open"),
    Scene("Émir est né au mois treize d'un calendrier lunaire.", _person("Émir"), "open"),
    Scene("Jules n'a pas sa carte, et ses droits sont fermés : la réponse ne le dit pas.", _person("Jules"), "not-confirmed"),
    Scene("Théo n'est connu de personne : la même réponse, mot pour mot.", STRANGER, "not-confirmed"),
    Scene("Jules a retrouvé sa carte : la réponse devient précise.", _person("Jules"), "ended-on", with_card=True),
    Scene("Karim est souffrant et sans carte : bris de glace, motivé.", _person("Karim"), "suspended", break_glass="urgent-care"),
    Scene("L'assureur de Pauline exige la carte.", _person("Pauline"), "presence-required", status=403),
    Scene("Pauline présente sa carte.", _person("Pauline"), "open", with_card=True),
    Scene(
        "L'assureur de Rose n'a rien envoyé depuis trois jours : inconnu ne se lit pas « fermé ».",
        _person("Rose"), "insurer-data-stale",
    ),
)  # fmt: skip


def tell_story(settings: Settings, world: World, say: Say) -> int:
    """Tell the day; the number of answers given. Refuses: StoryWentWrong."""
    issuer = settings.identity_url
    software = Software(CLIENT_ID, KEY_ID, world.key, f"{settings.fhir_url}/fhir", f"{issuer}/oauth/token")
    say(
        f"\n— {PHARMACIST.organisation} : {PHARMACIST.name} se connecte, son logiciel échange la preuve de son identité."
    )
    life_s = software.take_token(
        issuer, name_professional(settings.test_provider_url, CLIENT_ID, PHARMACIST.rpps)
    )
    say(f"  Jeton lié à la clé du logiciel, {life_s // 60} minutes.")
    for scene in SCENES:
        say(f"\n  {scene.title}")
        answer = software.ask_rights(_asked(scene))
        say(f"  → {_told_by_fhir(scene, answer)}")
    return len(SCENES) + _tell_portal(settings, world, say)


def _asked(scene: Scene) -> Asked:
    person = scene.person
    return Asked(
        person.amc_number, person.nir, person.birth_date, person.rank, "PHAR",
        person.card_secret if scene.with_card else None, scene.break_glass,
    )  # fmt: skip


def _told_by_fhir(scene: Scene, answer: Answer) -> str:
    code, sentence, trace = read_fhir(answer.content)
    if (answer.status, code) != (scene.status, scene.expected):
        raise StoryWentWrong(
            f"{scene.title} {scene.expected} was expected, the answer is {answer.status} {code}: {answer.content}"
        )
    return f"{sentence}  [{trace}]"


def read_fhir(content: dict[str, Any]) -> tuple[str, str, str]:
    """Read the code, the sentence and the trace number of an answer or a refusal."""
    if content["resourceType"] == "CoverageEligibilityResponse":
        errors = content.get("error")
        code = errors[0]["code"]["coding"][0]["code"] if errors else "open"
        return code, content["disposition"], content["identifier"][0]["value"]
    issue = content["issue"][0]
    traces = [
        extension["valueString"]
        for extension in content.get("extension", ())
        if extension["url"] == TRACE_NUMBER
    ]
    return (
        issue["details"]["coding"][0]["code"],
        issue["details"]["text"],
        traces[0] if traces else "sans reçu",
    )


def _tell_portal(settings: Settings, world: World, say: Say) -> int:
    browser = Browser(settings.portal_url, settings.identity_url)
    say(
        f"\n— {OPTICIAN.organisation} : {OPTICIAN.name} suit son invitation, crée sa clé d'accès et se connecte au portail."
    )
    browser.accept_invitation(world.invitation)
    browser.sign_in()
    for given_name, expected in (("Hugo", "open"), ("Oscar", "not-confirmed"), ("Oscar", "waiting-period")):
        person = _person(given_name)
        form: dict[str, Any] = {
            "amc_number": person.amc_number,
            "nir": person.nir,
            "birth_date": person.birth_date[6:] + person.birth_date[4:6] + person.birth_date[:4],
            "birth_rank": person.rank,
            "domain": "OPTI",
        }
        if expected == "waiting-period":
            form["card_secret"] = person.card_secret
        answer = browser.ask_rights(form)
        if answer.status != 200 or answer.content["code"] != expected:
            raise StoryWentWrong(
                f"{given_name}: {expected} was expected, the portal says {answer.status} {answer.content}"
            )
        say(f"  {given_name} : {answer.content['sentence']}  [{answer.content['trace']}]")
    return 3
