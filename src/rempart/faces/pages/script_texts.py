"""The texts that the scripts of the pages say, written into each page so that no script holds a sentence.

`texts` are the page's own; `codes` are what faces/wording.py says of the codes that a script meets before or instead of an
answer, here and there put in the words of somebody who types rather than programs.
"""

from rempart.domain.rights import Domain
from rempart.faces.pages.catalogue import Translate
from rempart.faces.pages.problems import words_at_the_counter
from rempart.faces.wording import CODES, Language, domain_label

CODES_MET_BY_SCRIPTS = frozenset(
    code
    for code in CODES
    if code.startswith(
        (
            "nir-",
            "amc-number-",
            "birth-",
            "card-",
            "one-time-code-",
            "list-name-",
            "session-",
            "nonce-",
            "key-mismatch",
            "proof-",
            "token-",
            "passkey",
            "invitation-",
            "contact",
            "guarantor",
            "not-a-guarantor",
            "psc-",
            "not-a-titulaire",
            "staff-",
            "enrolment",
            "account-",
            "professional-struck-off",
            "contained",
            "care-",
            "insurer-not-served",
            "domain-outside-profession",
            "request-refused",
            "body-",
            "outage",
            "overloaded",
            "database-",
            "keyring-",
            "bug",
        )
    )
)


def script_texts(_: Translate, language: Language) -> dict[str, object]:
    """Compose what a page carries for its scripts."""
    words = {code: words_at_the_counter(code, language, _) for code in sorted(CODES_MET_BY_SCRIPTS)}
    words["nir-missing"] = (_("Le numéro de sécurité sociale manque."), _("Scannez la carte ou tapez-le."))
    words["amc-number-missing"] = (_("Le numéro AMC manque."), _("Lisez-le sur la carte."))
    words["birth-date-missing"] = (_("La date de naissance manque."), _("Tapez ses 8 chiffres."))
    return {
        "texts": _texts(_),
        "codes": words,
        "domains": {domain.name: domain_label(domain, language) for domain in Domain},
    }


def _texts(_: Translate) -> dict[str, str]:
    return {
        "account-new": _(
            "Votre compte est nouveau. Jusqu’au {when}, il faut la carte du patient, un code ou son accord, "
            "sauf s’il a déjà prouvé sa présence ici."
        ),
        "answer-lost": _(
            "Pas de réponse du serveur. Votre saisie est gardée\u00a0: vérifiez le réseau, puis appuyez sur Entrée."
        ),
        "answer-lost-sign-in": _(
            "La réponse s’est perdue en route. Connectez-vous\u00a0: la question est reposée sans compter deux fois."
        ),
        "asked-by": _("le {when} par {who}"),
        "birth-date-lunar": _(
            "Date hors calendrier\u00a0: laissez-la si elle est écrite ainsi sur la carte."
        ),
        "card-left": _("Le numéro n’est plus celui de la carte scannée\u00a0: son code n’est pas joint."),
        "card-read": _("Carte lue, son code est joint."),
        "column-coverage": _("Couverture"),
        "column-domains": _("Tiers payant pour"),
        "column-until": _("Jusqu’au"),
        "copied": _("Lien copié."),
        "coverages": _("Couvertures ouvertes chez cet organisme"),
        "enrols-from": _("Vous pourrez inviter à partir du {when}."),
        "evidence-asked": _("Consulté"),
        "evidence-data-as-of": _("Données de l’organisme"),
        "evidence-engagement": _("Numéro d’engagement"),
        "evidence-presence": _("Présence du patient"),
        "evidence-repeat-of": _("Répétition de"),
        "evidence-trace": _("Numéro de trace"),
        "never-used": _("Jamais"),
        "nir-right": _("Numéro complet, clé exacte."),
        "code-sent": _("Un code part à {address}. Tapez-le ici dans la demi-heure."),
        "contact-confirmed": _(
            "{address} est confirmée\u00a0: elle sera prévenue. Les autres l’apprennent par courriel."
        ),
        "contact-removed": _("L’adresse est retirée. Toutes l’apprennent par courriel."),
        "contact-told": _("Prévenue"),
        "contact-waiting": _("Attend son code"),
        "give-back": _("Rendre l’accès"),
        "give-back-to": _("Rendre l’accès à {name}"),
        "given-back": _("Le code est prêt. Les adresses de cette personne l’apprennent par courriel."),
        "guarantor-from": _("À partir du {when}"),
        "guarantor-named": _(
            "Ce garant pourra attester pour vous dans 24 heures. Vos adresses l’apprennent par courriel."
        ),
        "guarantor-ready": _("Peut attester pour vous"),
        "guarantor-removed": _("Ce garant ne peut plus attester pour vous."),
        "remove-guarantor-why": _("Cette personne ne pourra plus attester que vous avez perdu vos clés."),
        "in-use": _("En usage ici"),
        "label-multi_device": _("Synchronisée entre appareils"),
        "label-single_device": _("Sur un seul appareil"),
        "passkey-added": _(
            "La clé d’accès est enregistrée. Pendant 24 heures, le quota de ce compte est réduit de moitié."
        ),
        "passkey-removed": _("La clé d’accès est retirée, et les sessions qu’elle a ouvertes sont arrêtées."),
        "remove": _("Retirer"),
        "remove-contact": _("Retirer {address}"),
        "remove-contact-question": _("Retirer {address}\u202f?"),
        "remove-contact-why": _(
            "Elle ne sera plus prévenue. Toutes les adresses, celle-ci comprise, l’apprennent par courriel."
        ),
        "remove-passkey": _("Retirer la clé enregistrée le {when}"),
        "remove-passkey-question": _("Retirer la clé enregistrée le {when}\u202f?"),
        "remove-passkey-why": _(
            "Elle ne servira plus, et les sessions qu’elle a ouvertes s’arrêtent tout de suite."
        ),
        "passkey-already-here": _(
            "Cet appareil a déjà une clé d’accès pour ce compte\u00a0: prenez-en un autre."
        ),
        "passkey-cancelled": _(
            "Rien n’a été fait\u00a0: la clé d’accès n’a pas répondu ou vous avez annulé."
        ),
        "passkey-waiting": _("Suivez les indications de votre appareil."),
        "psc-cancelled": _(
            "Pro Santé Connect n’a identifié personne\u00a0: vous avez annulé ou il a refusé."
        ),
        "psc-leaving": _("Vous partez vers Pro Santé Connect…"),
        "psc-nothing": _("Il n’y a rien à faire ici sans passer par Pro Santé Connect."),
        "psc-place": _("{name} (FINESS\u00a0{finess})"),
        "psc-verifying": _("Vérification auprès de Pro Santé Connect…"),
        "revoke": _("Retirer l’accès"),
        "revoke-name": _("Retirer l’accès de {name}"),
        "revoke-question": _("Retirer l’accès de {name}\u202f?"),
        "revoked": _("{name} n’a plus accès."),
        "sign-in-to-go-on": _("Connectez-vous pour continuer. Votre saisie est gardée."),
        "signed-out": _("Vous êtes déconnecté."),
        "state-active": _("A un accès"),
        "state-invited": _("Invitation en attente"),
        "typing-kept": _("Votre saisie est gardée."),
        "unexpected": _(
            "Une erreur s’est produite dans cette page. Votre saisie est gardée\u202f; réessayez."
        ),
        "visible-to-insured": _("L’assuré peut voir cette consultation."),
        "why": _("Pourquoi cette réponse (bac à sable)"),
    }
