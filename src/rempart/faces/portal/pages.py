"""The portal's pages: static shells in each language, made once at the start, the same for everybody.

A page holds no personal data, so it may be fetched by anybody and navigated without a session; all that concerns somebody comes
by `fetch` with a proof. Rendered before the process gives up its rights, after which templates may be out of reach.
"""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rempart.domain.rights import BreakGlassReason
from rempart.faces.portal.catalogue import Translate
from rempart.faces.portal.script_texts import script_texts
from rempart.faces.wording import Language, break_glass_label
from rempart.limits import BREAK_GLASS_PER_DAY, INVITATION_LIFE_DAYS

TEMPLATES = Path(__file__).parent / "templates"
PAGES = {"rights": "", "invitation": "invitation", "staff": "staff", "account": "account"}
"""Each page and its path; the French one is at the root, the English one under en/."""

NOT_FOUND = "not_found"
_ROOTS = {Language.FRENCH: "/", Language.ENGLISH: "/en/"}
_LANGUAGE_NAMES = {Language.FRENCH: "Français", Language.ENGLISH: "English"}


@dataclass(frozen=True, slots=True)
class Shells:
    """Every page by its path, and the page for a path that leads nowhere, by language."""

    by_path: dict[str, str]
    not_found: dict[Language, str]


def path_of(page: str, language: Language) -> str:
    """Give the path of a page."""
    return _ROOTS[language] + PAGES.get(page, "")


def language_at(path: str) -> Language:
    """Tell the language of a path."""
    return Language.ENGLISH if path.startswith(_ROOTS[Language.ENGLISH]) else Language.FRENCH


def render_shells(translators: dict[Language, Translate], identity_url: str, assets: str) -> Shells:
    """Render each page in each language; `assets` is the address of the scripts and styles."""
    by_path, not_found = {}, {}
    for language, translate in translators.items():
        environment = _environment(translate)
        frame = _frame(language, translate, identity_url, assets)
        for page in PAGES:
            template = environment.get_template(f"{page}.html")
            by_path[path_of(page, language)] = template.render(frame | _turn(page, language))
        template = environment.get_template(f"{NOT_FOUND}.html")
        not_found[language] = template.render(frame | _turn(NOT_FOUND, language))
    return Shells(by_path, not_found)


def _environment(translate: Translate) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        gettext=translate, ngettext=lambda one, many, count: translate(one if count == 1 else many)
    )
    return environment


def _frame(language: Language, _: Translate, identity_url: str, assets: str) -> dict[str, object]:
    return {
        "language": language.value,
        "identity_url": identity_url,
        "assets": assets,
        "invitation_days": INVITATION_LIFE_DAYS,
        "paths": {page: path_of(page, language) for page in PAGES},
        "wording": script_texts(_, language),
        "break_glass": [
            (reason.name.lower().replace("_", "-"), break_glass_label(reason, language))
            for reason in BreakGlassReason
        ],
        "break_glass_hint": _(
            "{count} fois par jour. Le motif est enregistré sous votre nom, avec la consultation."
        ).format(count=BREAK_GLASS_PER_DAY),
    }


def _turn(page: str, language: Language) -> dict[str, object]:
    """Say which page this is, and where it is in the other language."""
    other = Language.ENGLISH if language is Language.FRENCH else Language.FRENCH
    return {
        "page": page,
        "other_language": other.value,
        "other_language_name": _LANGUAGE_NAMES[other],
        "other_path": path_of(page, other),
    }
