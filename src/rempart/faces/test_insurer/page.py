"""The one page of the test insurer: what each made-up person received, and two buttons where something is asked."""

from datetime import date, timedelta
from html import escape
from typing import Final

from rempart.faces.test_insurer.inbox import Received
from rempart.faces.wording import in_words
from rempart.operations.presence.messages import State

_STYLE: Final = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}"
    ".made-up{background:#b00020;color:#fff;font-weight:600;padding:1rem;margin:0 0 1.5rem}"
    "ol{list-style:none;padding:0}li{border-top:1px solid #767676;padding:1rem 0}"
    "h2{font-size:1rem;margin:0}p{margin:.25rem 0}.code{font-size:1.5rem;letter-spacing:.1em}"
    ".trace{color:#595959;font-size:.875rem;overflow-wrap:anywhere}"
    "button{font:inherit;padding:.5rem 1rem;margin:.5rem .5rem 0 0;min-height:2.75rem}"
)

_STATES: Final = {
    State.APPROVED: "Vous avez donné votre accord.",
    State.REFUSED: "Vous avez refusé.",
}

_REASONS: Final = {
    "urgent-care": "soins urgents",
    "card-forgotten": "carte oubliée",
    "card-unreadable": "carte illisible",
    "newborn": "nouveau-né",
    "home-visit": "visite à domicile",
}


def style() -> str:
    """Give the page's style, for its digest."""
    return _STYLE


def messages_page(messages: list[Received]) -> str:
    """Write the page of all messages, the latest first."""
    items = "".join(_item(message) for message in messages)
    listed = f"<ol>{items}</ol>" if items else "<p>Aucun message pour l’instant.</p>"
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Faux organisme complémentaire (essai)</title><style>{_STYLE}</style></head><body><main>"
        '<p class="made-up">Ceci n’est pas un organisme complémentaire. C’est une imitation, pour un bac à sable\u00a0: '
        "personne ici n’existe.</p>"
        "<h1>Messages aux assurés</h1>"
        "<p>Ce que chaque personne d’essai reçoit sur son téléphone, le plus récent d’abord.</p>"
        f'<p><a href="/">Actualiser</a></p>{listed}</main></body></html>'
    )


def _item(message: Received) -> str:
    return (
        f"<li><h2>{escape(message.name)}</h2>{_words(message)}{_buttons(message)}"
        f'<p class="trace">Trace {escape(_text(message, "trace"))}</p></li>'
    )


def _words(message: Received) -> str:
    place = escape(_text(message, "place"))
    match message.kind:
        case "presence.code":
            code = _text(message, "code")
            return (
                f"<p>{place} vérifie vos droits. Lisez ce code au professionnel, s’il est bien devant vous\u00a0:</p>"
                f'<p class="code">{escape(code[:4])} {escape(code[4:])}</p>'
            )
        case "presence.approval":
            said = _STATES.get(message.state, "")
            return f"<p>{place} demande à vérifier vos droits.</p>" + (f"<p>{said}</p>" if said else "")
        case "notice.standing":
            until = _last_day(_text(message, "ends_on"))
            return f"<p>{place} peut désormais vérifier vos droits sans vous{until}.</p>"
    reason = escape(_REASONS.get(_text(message, "reason"), ""))
    return f"<p>{place} a consulté vos droits sans votre carte. Motif donné\u00a0: {reason}.</p>"


def _buttons(message: Received) -> str:
    if not message.can_be_answered:
        return ""
    name = escape(message.name)
    return (
        f'<form method="post" action="/answers"><input type="hidden" name="message" value="{escape(message.message_id)}">'
        f'<button name="state" value="approved" aria-label="Accepter, pour {name}">Accepter</button>'
        f'<button name="state" value="refused" aria-label="Refuser, pour {name}">Refuser</button></form>'
    )


def _last_day(ends_on: str) -> str:
    """Say the last day on which an authorisation is in force: the one before it ends."""
    try:
        return f", jusqu’au {in_words(date.fromisoformat(ends_on) - timedelta(days=1))}"
    except (ValueError, OverflowError):
        return ""


def _text(message: Received, part: str) -> str:
    found = message.about.get(part, "")
    return found if isinstance(found, str) else ""
