"""The pages of a face: static shells in each language, made once at the start, the same for everybody.

A page holds no personal data, so it may be fetched by anybody and navigated without a session; all that concerns somebody comes
by `fetch` with a proof. Rendered before the process gives up its rights, after which templates may be out of reach.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rempart.domain.rights import BreakGlassReason
from rempart.faces.pages.catalogue import Translate
from rempart.faces.pages.script_texts import script_texts
from rempart.faces.wording import Language, break_glass_label
from rempart.limits import BREAK_GLASS_PER_DAY, INVITATION_LIFE_DAYS

SHARED_TEMPLATES = Path(__file__).parent / "templates"
NOT_FOUND = "not_found"
_ROOTS = {Language.FRENCH: "/", Language.ENGLISH: "/en/"}
_LANGUAGE_NAMES = {Language.FRENCH: "Français", Language.ENGLISH: "English"}


@dataclass(frozen=True, slots=True)
class Site:
    """The pages of one face: where its own templates are, each page and its path, who signs in where."""

    templates: Path
    paths: Mapping[str, str]
    identity_url: str
    status_url: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Other addresses that its templates name."""


@dataclass(frozen=True, slots=True)
class Shells:
    """Every page by its path, and the page for a path that leads nowhere, by language."""

    by_path: dict[str, str]
    not_found: dict[Language, str]


def language_at(path: str) -> Language:
    """Tell the language of a path: French at the root, English under en/."""
    return Language.ENGLISH if path.startswith(_ROOTS[Language.ENGLISH]) else Language.FRENCH


def render_shells(site: Site, translators: dict[Language, Translate], assets: str) -> Shells:
    """Render each page in each language; `assets` is the address of the scripts and styles."""
    by_path, not_found = {}, {}
    for language, translate in translators.items():
        environment = environment_of(site.templates, translate)
        frame = _frame(site, language, translate, assets)
        for page in site.paths:
            template = environment.get_template(f"{page}.html")
            by_path[_path_of(site, page, language)] = template.render(frame | _turn(site, page, language))
        template = environment.get_template(f"{NOT_FOUND}.html")
        not_found[language] = template.render(frame | _turn(site, NOT_FOUND, language))
    return Shells(by_path, not_found)


def environment_of(templates: Path, translate: Translate) -> Environment:
    """Give the means to render a face's own templates and those that faces share."""
    environment = Environment(
        loader=FileSystemLoader([templates, SHARED_TEMPLATES]),
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


def _path_of(site: Site, page: str, language: Language) -> str:
    return _ROOTS[language] + site.paths.get(page, "")


def _frame(site: Site, language: Language, _: Translate, assets: str) -> dict[str, object]:
    return {
        "language": language.value,
        "identity_url": site.identity_url,
        "status_url": site.status_url,
        "addresses": site.addresses,
        "assets": assets,
        "invitation_days": INVITATION_LIFE_DAYS,
        "home": _ROOTS[language],
        "paths": {page: _path_of(site, page, language) for page in site.paths},
        "wording": script_texts(_, language),
        "break_glass": [
            (reason.name.lower().replace("_", "-"), break_glass_label(reason, language))
            for reason in BreakGlassReason
        ],
        "break_glass_hint": _(
            "{count} fois par jour, équipe du titulaire comprise. Le motif est enregistré sous votre nom, avec la consultation."
        ).format(count=BREAK_GLASS_PER_DAY),
    }


def _turn(site: Site, page: str, language: Language) -> dict[str, object]:
    """Say which page this is, and where it is in the other language."""
    other = Language.ENGLISH if language is Language.FRENCH else Language.FRENCH
    return {
        "page": page,
        "other_language": other.value,
        "other_language_name": _LANGUAGE_NAMES[other],
        "other_path": _path_of(site, page, other),
    }
