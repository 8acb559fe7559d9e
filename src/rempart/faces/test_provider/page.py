"""The one page of the test provider: choose who signs in. No script, no style of others, no field to guess."""

from html import escape
from urllib.parse import urlencode

from rempart.operations.trials.roster import Listed

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}"
    "ul{list-style:none;padding:0}"
    ".made-up{background:#b00020;color:#fff;font-weight:600;padding:1rem;margin:0 0 1.5rem}"
    "button{font:inherit;padding:.5rem 1rem;margin:.25rem 0;width:100%;text-align:left}"
)


def style() -> str:
    """Give the page's style, for its digest."""
    return _STYLE


def choice_page(query: dict[str, str], roster: list[Listed]) -> str:
    """Write the page on which a professional of the sandbox is chosen."""
    action = escape(f"/authorize?{urlencode(query)}")
    by_number: dict[str, Listed] = {one.rpps: one for one in reversed(roster)}
    buttons = "".join(
        f'<li><button name="rpps" value="{escape(one.rpps)}">{escape(one.name)}, {escape(one.organisation)}</button></li>'
        for one in sorted(by_number.values(), key=lambda one: one.name)
    )
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Faux Pro Santé Connect (essai)</title><style>{_STYLE}</style></head><body><main>"
        '<p class="made-up">Ceci n’est pas Pro Santé Connect. C’est une imitation, pour un bac à sable\u00a0: '
        "aucun contrôle, personne ici n’existe. N’y tapez rien de vrai.</p>"
        "<h1>Faux Pro Santé Connect</h1>"
        "<p>Qui se connecte\u202f?</p>"
        f'<form method="post" action="{action}"><ul>{buttons}</ul></form>'
        f'<form method="post" action="{action}"><label for="rpps">Ou un numéro RPPS d’essai</label> '
        '<input id="rpps" name="rpps" inputmode="numeric" autocomplete="off" required> '
        "<button>Se connecter</button></form></main></body></html>"
    )
