"""What a command says when it cannot go on: one sentence, the next step, the code, or these in JSON; never a stack trace.

Used by the command line and by the process that `rempart serve` becomes. The words of an error that only an operator meets are
here; the others are those of faces/wording.py. Never: repeat personal data, which no error carries.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

from rempart.domain.errors import RempartError
from rempart.faces import wording
from rempart.feeds.formats.advice import advice
from rempart.settings import ENVIRONMENTS

_MAKE: Final = "Absente\u202f? Créez-la\u00a0: rempart database init. Arrêtée\u202f? Démarrez-la\u00a0: rempart database start."
_UPDATE: Final = "Installez la version de Rempart qui a servi à cette base, ou une plus récente."

OPERATORS_WORDS: Final[dict[str, tuple[str, str]]] = {
    "database-unreachable": ("La base de données ne répond pas.", _MAKE),
    "database-ahead": ("La base de données est plus récente que ce programme.", _UPDATE),
    "migration-altered": ("La base de données a reçu une migration que ce programme n’a pas.", _UPDATE),
    "environment-mismatch": (
        "La base de données a été créée pour un autre environnement.",
        "Relancez avec la variable REMPART_ENVIRONMENT de sa création, ou avec un autre REMPART_HOME.",
    ),
    "sandbox-only": (
        "Cela n’existe que dans un bac à sable.",
        "Relancez avec REMPART_ENVIRONMENT=sandbox, sur une base créée ainsi.",
    ),
    "timezone-unknown": (
        "Aucun fuseau horaire ne porte ce nom.",
        "Par exemple\u00a0: Europe/Paris, America/Martinique, Indian/Reunion, Pacific/Noumea.",
    ),
    "policy-refused": (
        "Cette politique de présence n’est pas possible.",
        "Une politique qui exige une preuve en accepte au moins une\u00a0: card, code, approval ou standing.",
    ),
    "policy-too-early": (
        "Une politique de présence ne commence pas dans le passé.",
        "Donnez avec --since aujourd’hui ou un jour à venir\u202f; sans --since, elle commence aujourd’hui.",
    ),
    "policy-not-planned": (
        "Aucune politique de présence n’est prévue pour ce jour-là chez cet assureur.",
        "Seul ce qui est à venir s’annule. La liste\u00a0: rempart insurer presence --amc NUMÉRO.",
    ),
    "channel-refused": (
        "Cette adresse ne peut pas être le canal d’un assureur.",
        "Donnez une adresse https://, sans paramètre\u00a0; http:// ne sert que sur cette machine.",
    ),
    "reference-refused": (
        "Ce n’est pas une référence de personne.",
        "Un fichier a un numéro de bénéficiaire par ligne\u00a0; une référence a 32 chiffres hexadécimaux.",
    ),
    "authorisation-unknown": (
        "Aucune autorisation en vigueur n’a ce numéro de trace, ou n’est de cette personne.",
        "Listez celles de la personne\u00a0: rempart standing list --reference …",
    ),
    "professional-not-in-register": (
        "L’annuaire public ne connaît personne sous ce numéro RPPS.",
        "Vérifiez le numéro\u00a0; s’il est exact, chargez un annuaire plus récent (rempart register load).",
    ),
    "profession-not-in-register": (
        "L’annuaire public ne connaît pas cette profession à ce professionnel.",
        "Enregistrez-le sous la profession qu’il exerce, ou chargez un annuaire plus récent (rempart register load).",
    ),
    "place-not-in-register": (
        "L’annuaire public ne connaît à ce professionnel aucun exercice dans cet établissement.",
        "Vérifiez le numéro FINESS\u00a0; s’il vient d’arriver, chargez un annuaire plus récent (rempart register load).",
    ),
    "register-file-unreadable": (
        "Ce fichier d’annuaire ne se lit pas jusqu’au bout, ou change pendant qu’on le lit.",
        "Téléchargez-le à nouveau, en entier, puis recommencez.",
    ),
    "register-file-unknown": (
        "Ce fichier n’est ni l’extraction de l’Annuaire santé ni celle de FINESS.",
        "Attendus\u00a0: PS_LibreAcces_Personne_activite_….txt, ou etalab-cs…csv (structures).",
    ),
    "register-column-missing": (
        "Une colonne nécessaire manque dans ce fichier.",
        "Prenez l’extraction «\u00a0Personne-activité\u00a0» de l’Annuaire santé.",
    ),
    "register-file-older": (
        "Un annuaire publié plus tard a déjà été pris.",
        "Chargez le plus récent\u00a0; ce qui a été pris\u00a0: rempart register list.",
    ),
    "register-too-many-bad-lines": (
        "Ce fichier n’a aucune bonne ligne, ou trop de mauvaises\u00a0: rien n’a été pris.",
        "Regardez les lignes indiquées\u00a0; téléchargez-le à nouveau.",
    ),
    "containment-target-unknown": (
        "Rien de ce nom n’est connu ici.",
        (
            "Donnez un FINESS (organisation), un RPPS (professional), un client_id (software), un code (profession), "
            "un numéro AMC (insurer), fhir, portal ou counter (face), un numéro de compte (account), le numéro de trace "
            "d’une réponse (person), profession/client_id/région, - pour les navigateurs et 0 pour une région inconnue "
            "(shape\u00a0: pharmacist/-/53)."
        ),
    ),
    "nothing-to-release": (
        "Rien n’est en vigueur sous ce numéro.",
        "Ce qui l’est\u00a0: rempart containment list.",
    ),
    "detector-file-unreadable": (
        "Ce fichier ne se lit pas\u00a0: une colonne manque, ou une ligne contient autre chose que des nombres.",
        "Reprenez celui qu’ont écrit rempart detectors export ou rempart detectors fit.",
    ),
    "detector-rule-unknown": (
        "Aucune règle en vigueur pour l’une de ces professions ou l’un de ces signaux.",
        "La liste\u00a0: rempart detectors list.",
    ),
    "detector-change-too-early": (
        "Les règles changent au plus tôt aujourd’hui.",
        "Choisissez un jour plus tardif\u00a0: --valid-from.",
    ),
    "detector-change-by-same-person": (
        "Qui demande un changement des détecteurs ne l’accorde pas.",
        "Faites taper la même commande par une seconde personne.",
    ),
    "release-by-same-person": (
        "Une levée demande deux personnes, et vous l’avez demandée vous-même.",
        "Une autre personne tape la même commande.",
    ),
    "reason-missing": (
        "Il manque un motif.",
        "Dites pourquoi, sur une ligne de 300 caractères au plus\u00a0: --because.",
    ),
    "proposal-unknown": (
        "Aucune demande de ce numéro n’attend de signature.",
        "Celles qui attendent\u00a0: rempart proposal list.",
    ),
    "operators-in-place": (
        "Deux opérateurs peuvent signer (leurs numéros suivent, s’ils y sont), ou ce nom est déjà pris.",
        "Invitez\u00a0: rempart operator invite\u00a0; deux opérateurs en place l’admettent à la console.",
    ),
    "job-unknown": (
        "Aucune tâche abandonnée ne porte ce numéro.",
        "Celles qui le sont\u00a0: rempart jobs list --dead.",
    ),
    "status-population-unknown": (
        "Aucune population ne porte ce nom.",
        "Un code de profession (optician, pharmacist…), software, insurer ou insured\u202f; rien pour tout le monde.",
    ),
    "status-time-malformed": (
        "L’heure des prochaines nouvelles n’est pas une date à venir.",
        "Par exemple\u00a0: --next-news 2026-11-22T14:30, à l’heure de Paris.",
    ),
    "status-sentence-wrong": (
        "Ce message est vide, trop long ou sur plusieurs lignes.",
        "De 1 à 500 caractères, sur une ligne.",
    ),
    "status-message-unknown": (
        "Aucun message en cours ne porte ce numéro.",
        "Ceux qui le sont\u00a0: rempart status list.",
    ),
    "canary-insurer-empty": (
        "Cet assureur n’a ici personne aux droits ouverts, à qui un leurre puisse ressembler.",
        "Chargez d’abord son fichier d’adhérents\u00a0: rempart feed load.",
    ),
    "canary-list-unnamed": (
        "Ce nom de liste est vide, trop long ou sur plusieurs lignes.",
        "De 1 à 120 caractères\u00a0: la liste de qui, de quand. C’est lui que la preuve citera.",
    ),
    "canary-list-taken": (
        "Ce fichier existe déjà.",
        "Donnez à --out un fichier qui n’existe pas\u00a0: chaque liste a ses leurres.",
    ),
    "canary-list-unknown": (
        "Aucune liste de leurres en place ne porte ce numéro.",
        "Celles qui le sont\u00a0: rempart canary list.",
    ),
    "canary-retired-by-same-person": (
        "Retirer des leurres demande deux personnes, et vous l’avez demandé vous-même.",
        "Une autre personne tape la même commande.",
    ),
    "cards-folder-taken": (
        "Ce dossier existe déjà\u00a0: les cartes d’une autre fois ne se mêlent pas à celles-ci.",
        "Donnez à --out un dossier qui n’existe pas.",
    ),
    "card-holder-unknown": (
        "Cette ligne de la liste ne nomme aucun bénéficiaire du fichier d’adhérents.",
        "Un beneficiary_id par ligne, tel que dans ce fichier, et rien d’autre.",
    ),
    "cards-file-faulty": (
        "Ce fichier, qui n’a pas encore été envoyé, a des lignes fautives.",
        "Corrigez-les d’abord\u00a0: le réécrire les cacherait.",
    ),
    "generation-impossible": (
        "Ce nombre d’assureurs n’est pas possible.",
        "Au moins un assureur, et pas plus d’assureurs que de personnes.",
    ),
    "directory-taken": (
        "Ce dossier contient un fichier d’adhérents que son insurers.json ne nomme pas.",
        "Donnez à --out un dossier vide, ou retirez ce fichier.",
    ),
    "insurer-unregistered": (
        "Aucun assureur n’est enregistré sous ce numéro AMC.",
        "Enregistrez-le\u00a0: rempart insurer register --amc NUMÉRO --name NOM.",
    ),
    "insurer-known": (
        "Un assureur est déjà enregistré sous ce numéro AMC.",
        "Les assureurs servis\u00a0: rempart insurer list.",
    ),
    "key-unknown": (
        "Le porte-clés n’a pas cette clé.",
        "Faites les clés de l’assureur\u00a0: rempart keyring create NUMÉRO.",
    ),
    "keys-unreadable": (
        "Les clés scellées ne s’ouvrent pas.",
        "Vérifiez la phrase secrète (REMPART_KEYRING_PASSPHRASE_FILE), ou le code et le nom du jeton PKCS#11.",
    ),
    **json.loads((Path(__file__).parent / "complaints_fr.json").read_text(encoding="utf-8")),
}
"""By code, a sentence and the next step, for who types commands; those of the register and of operators are in the file."""


@contextmanager
def plainly_told(command: str, *, as_json: bool = False) -> Iterator[None]:
    """End the program with status 1 where an error would leave the block: a sentence on the error output, and facts in JSON."""
    try:
        yield
    except RempartError as error:
        _end(command, facts_of(error), as_json=as_json)
    except BrokenPipeError:
        _be_silent()
        sys.exit(141)  # as a shell tells the end of a program by SIGPIPE
    except OSError as error:
        _end(command, _facts("", "", told_of_system(error)), as_json=as_json)
    except SystemExit as ended:
        if not isinstance(ended.code, str):
            raise
        _end(command, _facts("", "", ended.code), as_json=as_json)


def facts_of(error: RempartError) -> dict[str, str]:
    """Say a refusal to programs: its code and place, and the words that people read."""
    if error.code == "environment-mismatch" and error.place in ENVIRONMENTS:
        sentence = f"La base de données a été créée pour l’environnement {error.place}."
        next_step = f"Relancez avec REMPART_ENVIRONMENT={error.place}, ou avec un autre REMPART_HOME."
    elif error.code in OPERATORS_WORDS:
        sentence, next_step = OPERATORS_WORDS[error.code]
    elif error.code in advice():
        sentence, next_step = advice()[error.code]
    elif error.code in wording.CODES:
        words = wording.words_of(error.code)
        sentence, next_step = words.sentence, words.next_step
    else:
        sentence, next_step = error.sentence, ""
    return _facts(error.code, error.place, sentence, next_step)


def told(error: RempartError) -> str:
    """Say an error in French, with its code and its place."""
    return told_of(facts_of(error))


def told_of(facts: Mapping[str, str]) -> str:
    """Say the facts of a refusal in one line, its code and place last."""
    where = ", ".join(part for part in (facts["code"], facts["place"]) if part)
    return " ".join(part for part in (facts["sentence"], facts["next_step"], where and f"({where})") if part)


def told_of_system(error: OSError) -> str:
    """Say what the system refused, and on which file."""
    reason = error.strerror or type(error).__name__
    where = f"{error.filename}\u00a0: " if error.filename is not None else ""
    return (
        f"Le système refuse une opération sur un fichier ou une adresse ({where}{reason}). "
        "Vérifiez les chemins donnés, REMPART_HOME, les droits et la place libre."
    )


def _facts(code: str, place: str, sentence: str, next_step: str = "") -> dict[str, str]:
    return {"verdict": "refused", "code": code, "place": place, "sentence": sentence, "next_step": next_step}


def _end(command: str, facts: Mapping[str, str], *, as_json: bool) -> NoReturn:
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    sys.exit(f"{command}: {told_of(facts)}")


def _be_silent() -> None:
    """Have nothing more to write to who no longer reads: the interpreter would complain as it flushes at its end."""
    null = os.open(os.devnull, os.O_WRONLY)
    for output in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # an output that was replaced has no descriptor
            os.dup2(null, output.fileno())
