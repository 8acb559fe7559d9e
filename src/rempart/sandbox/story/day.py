"""A day's story, told on a running platform: a pharmacy's software asks, an optician asks in the portal, a thief fails.

Each question goes over HTTP as it would in a shop, and each answer is held against what the test people promise: the story ends
at the first one that differs, so that a demonstration that was told to its end did work.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from rempart.domain.rights import Outcome, Presence
from rempart.limits import CHANNEL_ASKED_AGAIN_S
from rempart.sandbox.browser import Browser
from rempart.sandbox.client import Answer
from rempart.sandbox.people import SandboxPerson, named
from rempart.sandbox.professionals import FROZEN, OPTICIAN, PHARMACIST, STORY_OPTICIAN, STORY_PHARMACIST
from rempart.sandbox.provider_visit import name_professional
from rempart.sandbox.software import Asked, Software, read_fhir
from rempart.sandbox.story.telephone import Telephone
from rempart.sandbox.world import World, invite, let_a_day_pass
from rempart.settings import Settings

Say = Callable[[str], None]

NEW_COLLEAGUE: Final = "Manon Rey"


class StoryWentWrong(Exception):
    """An answer was not the one that the test people promise."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One question of a shop: what happens, about whom, with what in hand, and what must be answered."""

    title: str
    person: SandboxPerson
    presence: Presence
    expected: Outcome
    status: int = 200


@dataclass(slots=True)
class Told:
    """What came of the story: how many answers were given, and the invitations that nobody has used."""

    answers: int = 0
    invitations: dict[str, str] = field(default_factory=dict)


def _scene(title: str, given_name: str, presence: Presence = Presence.NONE, status: int = 200) -> Scene:
    person = named(given_name)
    return Scene(title, person, presence, person.answer_at(presence), status)


AT_THE_PHARMACY: Final = (
    _scene("Alice vient chercher son traitement.", "Alice"),
    _scene("Basile, son fils, n’a que le numéro de sa mère.", "Basile"),
    _scene("Émir est né au mois treize d’un calendrier lunaire.", "Émir"),
    _scene("Jules n’a pas sa carte, et ses droits sont fermés\u00a0: la réponse ne le dit pas.", "Jules"),
    _scene("Théo n’est connu de personne\u00a0: la même réponse, mot pour mot.", "Théo"),
    _scene("Jules a retrouvé sa carte\u00a0: la réponse devient précise.", "Jules", Presence.CARD),
    _scene("Karim est souffrant et sans carte\u00a0: bris de glace, avec un motif.", "Karim", Presence.BREAK_GLASS),
    _scene("L’assureur de Pauline exige la carte.", "Pauline", status=403),
    _scene("Pauline présente sa carte.", "Pauline", Presence.CARD),
    _scene("L’assureur de Rose n’a rien envoyé depuis trois jours\u00a0: inconnu ne se lit pas «\u00a0fermé\u00a0».", "Rose"),
)  # fmt: skip

AT_THE_OPTICIAN: Final = (
    _scene("Hugo a deux contrats, qui paient l’un après l’autre.", "Hugo"),
    _scene("Oscar n’a pas sa carte.", "Oscar"),
    _scene("Oscar la présente\u00a0: il lui faut attendre encore.", "Oscar", Presence.CARD),
)

ASKS_FOR_A_CODE: Final = Scene(
    "Victor est sans carte\u00a0: la pharmacie lui fait envoyer un code.",
    named("Victor"),
    Presence.NONE,
    Outcome.PRESENCE_ASKED,
)
READS_THE_CODE: Final = _scene(
    "La pharmacienne le tape\u00a0: la réponse devient précise.", "Victor", Presence.CODE
)
ASKS_FOR_AN_APPROVAL: Final = Scene(
    "Louise préfère donner son accord à distance.",
    named("Louise"),
    Presence.NONE,
    Outcome.PRESENCE_ASKED,
)
HAS_APPROVED: Final = _scene("La même question, après son accord.", "Louise", Presence.APPROVAL)

_ASKED_AGAIN_MAX: Final = 10


def tell_story(settings: Settings, world: World, say: Say) -> Told:
    """Tell the day. Refuses: StoryWentWrong, UnexpectedAnswer."""
    told = Told()
    say("\nUne journée. Entre crochets, le numéro du reçu que laisse chaque question.")
    _tell_pharmacy(settings, world, say, told)
    _tell_optician(settings, world, say, told)
    _tell_theft(settings, world, say, told)
    for who in (PHARMACIST, OPTICIAN):
        told.invitations[who.name] = invite(settings, world.register, who)
    return told


def _tell_pharmacy(settings: Settings, world: World, say: Say, told: Told) -> None:
    main = world.register.main
    software = main.software(settings)
    say(f"\n{STORY_PHARMACIST.organisation}, par un logiciel (FHIR)")
    say(
        f"  {STORY_PHARMACIST.name} se connecte\u00a0: son logiciel échange la preuve de son identité contre un jeton."
    )
    life_s = software.take_token(
        settings.identity_url,
        name_professional(settings.test_provider_url, main.client_id, STORY_PHARMACIST.rpps),
    )
    say(f"  Le jeton vaut {life_s // 60} minutes, et rien sans la clé du logiciel.")
    for scene in AT_THE_PHARMACY:
        _tell(scene, say, told, *_asked_by(software, scene))
    _tell_channel(settings, software, say, told)


def _tell_channel(settings: Settings, software: Software, say: Say, told: Told) -> None:
    """Two patients without a card prove by their insurer that they are there; a third one learns of the broken glass."""
    telephone = Telephone(settings.test_insurer_url)
    notice = telephone.wait_for("notice.break-glass", "Karim Moreau")
    say(f"\n  Karim lit sur son téléphone, à la minute, que {notice['data']['place']} a brisé la glace.")
    _tell(ASKS_FOR_A_CODE, say, told, *_asked_by(software, ASKS_FOR_A_CODE, asked_for="code"))
    code = telephone.wait_for("presence.code", "Victor Roux")["data"]["code"]
    say("\n  Victor lit à voix haute le code que son assureur vient de lui envoyer.")
    _tell(READS_THE_CODE, say, told, *_asked_by(software, READS_THE_CODE, one_time_code=code))
    _tell(ASKS_FOR_AN_APPROVAL, say, told, *_asked_by(software, ASKS_FOR_AN_APPROVAL, asked_for="approval"))
    telephone.approve(telephone.wait_for("presence.approval", "Louise Lefèvre")["id"])
    say("\n  Louise accepte sur la page de son assureur.")
    _tell(HAS_APPROVED, say, told, *_once_approved(software))


def _once_approved(software: Software) -> tuple[Answer, str, str, str]:
    """Ask again until the approval is there: the insurer is asked every few seconds what became of it."""
    for _ in range(_ASKED_AGAIN_MAX):
        answer, code, sentence, trace = _asked_by(software, HAS_APPROVED)
        if code != Outcome.NOT_CONFIRMED.code:
            break
        time.sleep(CHANNEL_ASKED_AGAIN_S)
    return answer, code, sentence, trace


def _asked_by(
    software: Software, scene: Scene, *, asked_for: str | None = None, one_time_code: str | None = None
) -> tuple[Answer, str, str, str]:
    person = scene.person
    answer = software.ask_rights(
        Asked(
            person.amc_number,
            person.nir,
            person.birth_date,
            person.rank,
            person.domain,
            person.card_secret if scene.presence is Presence.CARD else None,
            "urgent-care" if scene.presence is Presence.BREAK_GLASS else None,
            asked_for,
            one_time_code,
        )
    )
    return answer, *read_fhir(answer.content)


def _tell_optician(settings: Settings, world: World, say: Say, told: Told) -> None:
    browser = Browser(settings.portal_url, settings.identity_url)
    say(f"\n{STORY_OPTICIAN.organisation}, sans logiciel (portail)")
    say(
        f"  {STORY_OPTICIAN.name} suit son invitation, crée sa clé d’accès et se connecte\u00a0: aucun mot de passe."
    )
    browser.accept_invitation(invite(settings, world.register, STORY_OPTICIAN))
    browser.sign_in()
    for scene in AT_THE_OPTICIAN:
        answer = browser.ask_rights(_form_of(scene))
        content = answer.content
        _tell(scene, say, told, answer, content["code"], content["sentence"], content["trace"])
    refused = browser.invite_staff(NEW_COLLEAGUE).must_be(403)
    say(f"\n  Il invite {NEW_COLLEAGUE}, sa collaboratrice, le jour même où sa propre clé est neuve.")
    say(f"  → {refused.content['message'].partition('. ')[0]}.")
    let_a_day_pass(settings, world.register, STORY_OPTICIAN)
    say("\n  Le lendemain, il l’invite\u00a0: elle aura sa propre clé, et son nom sur ses reçus.")
    say("  Son premier jour, chaque patient montre sa carte, lit un code ou donne son accord.")
    told.invitations[NEW_COLLEAGUE] = browser.invite_staff(NEW_COLLEAGUE).must_be(201).content["link"]


def _form_of(scene: Scene) -> dict[str, Any]:
    person = scene.person
    form: dict[str, Any] = {
        "amc_number": person.amc_number,
        "nir": person.nir,
        "birth_date": person.birth_date[6:] + person.birth_date[4:6] + person.birth_date[:4],
        "birth_rank": person.rank,
        "domain": person.domain,
    }
    if scene.presence is Presence.CARD:
        form["card_secret"] = person.card_secret
    return form


def _tell_theft(settings: Settings, world: World, say: Say, told: Told) -> None:
    ahead = world.register.ahead
    say(f"\n{FROZEN.organisation}, un compte volé")
    say(f"  Quelqu’un se sert du compte de {FROZEN.name} pour essayer des numéros au hasard.")
    say(
        f"  Il a reçu {ahead.guesses} fois «\u00a0Droits non confirmés\u00a0», sans apprendre rien de personne\u00a0:"
    )
    say("  c’est assez pour être reconnu.")
    stolen = world.register.main.software(settings, ahead.tokens[Outcome.ACCOUNT_FROZEN.code])
    person = named("Alice")
    scene = Scene(
        "Il essaie encore, avec un vrai numéro.", person, Presence.NONE, Outcome.ACCOUNT_FROZEN, 403
    )
    _tell(scene, say, told, *_asked_by(stolen, scene))


def _tell(scene: Scene, say: Say, told: Told, answer: Answer, code: str, sentence: str, trace: str) -> None:
    say(f"\n  {scene.title}")
    if (answer.status, code) != (scene.status, scene.expected.code):
        raise StoryWentWrong(
            f"{scene.person.given_names}\u00a0: HTTP {scene.status} {scene.expected.code} était attendu, "
            f"la réponse est HTTP {answer.status} {code}"
        )
    told.answers += 1
    say(f"  → {sentence}  [{trace}]")
