"""The documented professionals of a sandbox: one of each trade who may ask, and those who may not, each in their own way.

The test identity provider vouches for any of them. Numbers are well formed and belong to nobody.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional at one place."""

    name: str
    rpps: str
    finess: str
    profession: str
    organisation: str


PHARMACIST: Final = Professional(
    "Claire Fontaine", "10100000008", "750000358", "pharmacist", "Pharmacie des Tilleuls"
)
OPTICIAN: Final = Professional("Sami Haddad", "10100000016", "990781056", "optician", "Optique du Port")

PROFESSIONALS: Final = (
    PHARMACIST,
    OPTICIAN,
    Professional("Awa Traoré", "10100000024", "130000409", "audioprosthetist", "Audition de la Canebière"),
    Professional("Paul Lemaire", "10100000032", "330000415", "dentist", "Cabinet dentaire des Quais"),
    Professional("Nicole Chen", "10100000040", "690000427", "doctor", "Cabinet médical de la Croix-Rousse"),
    Professional("Yann Le Goff", "10100000057", "440000438", "auxiliary", "Cabinet infirmier de l'Erdre"),
    Professional("Maria Costa", "10100000065", "310000443", "laboratory", "Laboratoire de la Garonne"),
    Professional("Julien Weber", "10100000073", "670000454", "transporter", "Ambulances de l'Ill"),
    Professional("Fatou Ndiaye", "10100000081", "590000469", "midwife", "Maison de naissance de la Deûle"),
    Professional("Luc Bertin", "10100000099", "340000470", "device-supplier", "Matériel médical du Lez"),
)
"""One of each trade, at one place: a token is asked for and obtained without another word.

None of them has asked anything yet: they know no patient, and their budgets are whole.
"""

STORY_PHARMACIST: Final = Professional(
    "Élodie Marchand", "10100000131", "680000569", "pharmacist", "Pharmacie de la Gare"
)
STORY_OPTICIAN: Final = Professional(
    "Rachid Lefort", "10100000149", "140000571", "optician", "Optique du Marché"
)
"""Who works in the story that `make demo` tells; afterwards their shops know the patients who showed a card there."""

AT_TWO_PLACES: Final = (
    Professional("Nora Lambert", "10100000107", "350000485", "auxiliary", "Cabinet infirmier du Thabor"),
    Professional("Nora Lambert", "10100000107", "440000438", "auxiliary", "Cabinet infirmier de l'Erdre"),
)
"""The same nurse twice: her software says at which place she works."""

FROZEN: Final = Professional(
    "Gaspard Perrin", "10100000115", "060000510", "pharmacist", "Pharmacie du Vieux-Pont"
)
"""Someone stole this account and guessed at numbers: the failure detector froze it."""

STRUCK_OFF: Final = Professional(
    "Hélène Royer", "10100000123", "800000523", "optician", "Optique de la Somme"
)
"""No longer in the register of her Ordre; a session of hers was open when she was struck off."""
