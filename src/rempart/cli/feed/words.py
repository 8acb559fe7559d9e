"""What `rempart feed` says of a file: French, the source, and English; numbers are written as each language writes them.

Never: a value of the file. A person is told by the digest of his reference.
"""

from collections.abc import Iterator
from typing import Any, Final

from babel.numbers import format_decimal

from rempart.domain.errors import RempartError
from rempart.feeds.formats.advice import Language, advice
from rempart.operations.load_members import LoadReport
from rempart.supervisor.complaints import told

WORDS: Final[dict[Language, dict[str, str]]] = {
    "fr": {
        "taken": "Fichier pris\u00a0: {rows} lignes en {seconds}\u00a0s, soit {rate} lignes par seconde.",
        "already-taken": "Ce fichier avait déjà été pris\u202f; rien n’a changé.",
        "refused-lines": "Lignes refusées\u00a0: {count}. Leur liste, avec le motif et que faire\u00a0: {path}",
        "waiting": (
            "Le fichier {file_id} attend une seconde personne, et rien n’a changé\u00a0: il fermerait, rouvrirait ou "
            "antidaterait plus de 2\u202f% des droits de cet assureur. Si c’est voulu, une autre personne tape\u00a0: "
            "rempart feed approve {file_id}"
        ),
        "difference": (
            "  droits nouveaux {new}, modifiés {changed}, fermés {closing}, rouverts {reopening}, antidatés {backdated}"
        ),
        "held": "  personnes laissées en l’état, à cause d’une ligne refusée\u00a0: {people_held}",
        "held-back": "  Une ligne refusée ne dit pas de qui elle parle\u00a0: nul n’a donc été fermé pour son absence.",
        "closing": "fermé", "narrowing": "réduit", "reopening": "rouvert", "backdated": "antidaté",
        "sample": "  {what:<9} {reference}  depuis le {opens_on}, connu jusqu’au {former}, désormais {now}",
        "approved": "Le fichier {file_id} est admis. Chargez-le de nouveau\u00a0: {again}",
        "read": "{read} lignes lues sur {of}, {rate} par seconde",
        "reading": "Lecture", "applying": "Application", "bar": "lignes", "no-end": "sans fin",
    },
    "en": {
        "taken": "Taken: {rows} rows in {seconds} s, {rate} rows/s.",
        "already-taken": "This file was taken before; nothing was changed.",
        "refused-lines": "Lines refused: {count}. The list, with reasons and what to do: {path}",
        "waiting": (
            "File {file_id} waits for a second person, and nothing was changed: it would close, reopen or backdate more "
            "than 2 % of this insurer's rights. If that is meant, somebody else types: rempart feed approve {file_id}"
        ),
        "difference": (
            "  rights new {new}, changed {changed}, closed {closing}, reopened {reopening}, backdated {backdated}"
        ),
        "held": "  people who stay as they were, for a line that was refused: {people_held}",
        "held-back": "  A refused line does not say whose it is, so nobody was closed for being absent.",
        "closing": "closed", "narrowing": "narrowed", "reopening": "reopened", "backdated": "backdated",
        "sample": "  {what:<9} {reference}  from {opens_on}, known until {former}, now {now}",
        "approved": "File {file_id} is let in. Load it again: {again}",
        "read": "{read} of {of} rows read, {rate} rows/s",
        "reading": "Reading", "applying": "Applying", "bar": "rows", "no-end": "no end",
    },
}  # fmt: skip

_PLACES: Final = {
    "line": "ligne", "column": "colonne", "expected": "attendue", "sequence": "séquence", "file": "fichier",
    "row group": "groupe de lignes", "first bytes": "premiers octets", "footer": "pied du fichier", "empty file": "fichier vide",
}  # fmt: skip
"""Places of errors are said in English, for programs; so are they translated for people."""


def say(key: str, language: Language, **parts: object) -> str:
    """Say a sentence of ours; whole numbers are written as the language does."""
    written = {
        name: format_decimal(part, locale=language) if isinstance(part, int) and name != "file_id" else part
        for name, part in parts.items()
    }
    return WORDS[language][key].format(**written)


def complaint(error: RempartError, language: Language) -> str:
    """Say what was refused, what to do, then the code and the place."""
    text = advice(language).get(error.code)
    if text is None:
        return told(error)
    place = error.place
    if language == "fr":
        for english, french in _PLACES.items():
            place = place.replace(english, french)
    return f"{text.sentence} {text.next_step} ({error.code}{', ' if place else ''}{place})"


def account(report: LoadReport, language: Language) -> Iterator[str]:
    """Say what became of a file, line by line."""
    if report.rejects is not None:
        yield say("refused-lines", language, count=report.refused_line_count, path=str(report.rejects))
    yield say(
        report.verdict,
        language,
        file_id=report.file_id,
        rows=report.line_count,
        seconds=format_decimal(report.seconds, "#,##0.0", language),
        rate=report.lines_per_second,
    )
    if report.difference is not None:
        yield from _difference(report.difference, language, with_samples=report.verdict == "waiting")


def _difference(difference: dict[str, Any], language: Language, *, with_samples: bool) -> Iterator[str]:
    """Say the difference: counts, then a few lines by the digest of their reference."""
    counts = ("new", "changed", "closing", "reopening", "backdated")
    yield say("difference", language, **{name: difference[name] for name in counts})
    if difference["people_held"]:
        yield say("held", language, people_held=difference["people_held"])
    if difference.get("closings_held_back"):
        yield say("held-back", language)
    for sample in difference.get("samples", ()) if with_samples else ():
        yield say(
            "sample",
            language,
            what=WORDS[language][sample["what"]],
            reference=sample["reference_digest"],
            opens_on=_day(sample["opens_on"], language),
            former=_day(sample["former_ends_on"], language),
            now=_day(sample["ends_on"], language),
        )


def _day(written: str | None, language: Language) -> str:
    if written is None:
        return WORDS[language]["no-end"]
    return written if language == "en" else "/".join(reversed(written.split("-")))
