"""Write docs/reference/errors.md from the words, the tables and the docstrings of the code, so that it cannot drift from them.

    python tooling/write_error_reference.py

tests/faces/fhir/test_reference.py fails when the page is not what this writes.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rempart.domain.errors import Bug, RempartError
from rempart.domain.errors.access import ProofRefused, TokenRefused
from rempart.domain.errors.database import DatabaseUnreachable
from rempart.domain.errors.gate import AnswersLost, GateOverloaded
from rempart.domain.errors.identifiers import CardSecretRefused, IdentifierRefused
from rempart.domain.errors.keyring import KeyringThrottled, KeyringUnreachable
from rempart.domain.rights import Kind, Outcome
from rempart.faces.fhir.errors import RequestRefused
from rempart.faces.fhir.outcomes import ROWS_OF_OUTCOMES, Row, row_of_error
from rempart.faces.wording import Language, Words, words_of

SOME_DAY = date(2026, 12, 31)

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "errors.md"

INTRODUCTION = """\
# Codes of the FHIR API

Every refusal is an `OperationOutcome`: the stable code is in `issue[0].details.coding[0].code`, the sentence in
`issue[0].details.text`, what to do in `issue[0].diagnostics`, the place as a FHIRPath (or the name of a header) in
`issue[0].expression[0]`. Where a session was known, the extension `trace` holds the number of the receipt. A code never changes
its meaning; branch on it, never on a sentence.

A negative answer is no error: status 200, a `CoverageEligibilityResponse` whose `error[0].code.coding[0].code` is the code and
`error[0].code.text` the next step.

The words are in French, or in English for who sends `Accept-Language: en`. This page is written by
`tooling/write_error_reference.py` from the code.
"""

SECTIONS: tuple[tuple[str, str, tuple[type[RempartError], ...]], ...] = (
    ("The request", "Nobody was asked about, and there is no receipt.", (RequestRefused,)),
    ("Identifiers", "One of the numbers is mistyped; nobody was asked about.", (IdentifierRefused, CardSecretRefused)),
    (
        "Token and proof",
        "The request does not show that its caller holds the key of a session (RFC 9449); `WWW-Authenticate` says so too.",
        (TokenRefused, ProofRefused),
    ),
    (
        "Outages and bugs",
        "No answer was given. After an outage, the same question with the same `Idempotency-Key` costs nothing twice.",
        (DatabaseUnreachable, KeyringUnreachable, KeyringThrottled, GateOverloaded, AnswersLost, Bug),
    ),
)  # fmt: skip

AGAIN_BY_OUTCOME = {
    Outcome.RENEWAL_IN_PROGRESS: "yes, in a day or two",
    Outcome.NOT_CONFIRMED: "yes, with what was mistyped corrected, or with the card's secret",
    Outcome.INSURER_DATA_STALE: "yes, later",
    Outcome.PRESENCE_REQUIRED: "yes, with the card's secret or a reason; after `Retry-After` where there is one",
    Outcome.BREAK_GLASS_EXHAUSTED: "yes, with the card's secret, or tomorrow",
    Outcome.CONTAINED: "yes, later",
    Outcome.IDEMPOTENCY_CONFLICT: "yes, with another key",
}
AGAIN_BY_STATUS = {
    401: "yes, with a valid token and a fresh proof",
    408: "yes",
    429: "yes, after `Retry-After`",
    500: "no; give support the incident number",
    503: "yes, after `Retry-After`",
}
NOT_AS_IT_STANDS = "not as it stands"


def page() -> str:
    """Write the whole page."""
    return "\n".join([INTRODUCTION, *_answers(), *_refused_by_the_gate(), *_errors()])


def _answers() -> Iterable[str]:
    yield "## Answers\n\nStatus 200. A receipt exists; the person can see it.\n"
    for outcome in Outcome:
        if outcome.kind in (Kind.GRANTED, Kind.NEGATIVE):
            words = [words_of(outcome.code, language, on=SOME_DAY, as_of=SOME_DAY) for language in Language]
            again = AGAIN_BY_OUTCOME.get(outcome, "no need")
            yield _entry(outcome.code, "200", words, "", again)


def _refused_by_the_gate() -> Iterable[str]:
    yield "## Refused by the gate\n\nThe question was not answered. A receipt exists where the session is known.\n"
    for outcome, row in ROWS_OF_OUTCOMES.items():
        words = [words_of(outcome.code, language) for language in Language]
        again = AGAIN_BY_OUTCOME.get(outcome) or AGAIN_BY_STATUS.get(row.status, NOT_AS_IT_STANDS)
        yield _entry(outcome.code, _status(row), words, "", again)


def _errors() -> Iterable[str]:
    told = {outcome.code for outcome in Outcome}
    for title, said, families in SECTIONS:
        yield f"## {title}\n\n{said}\n"
        for error in (error for family in families for error in _leaves(family) if error.code not in told):
            row = row_of_error(error)
            words = [words_of(error.code, language) for language in Language]
            again = AGAIN_BY_STATUS.get(row.status, NOT_AS_IT_STANDS)
            yield _entry(error.code, _status(row), words, (error.__doc__ or "").split("\n")[0], again)


def _leaves(family: type[RempartError]) -> list[type[RempartError]]:
    """List the errors of a family that are raised: those without descendants of their own."""
    children = [child for child in family.__subclasses__() if child.__module__.startswith("rempart.")]
    return (
        [leaf for child in children for leaf in _leaves(child)]
        if children and family is not Bug
        else [family]
    )


def _status(row: Row) -> str:
    return f"{row.status}, `{row.issue}`" + (
        f", `{row.challenge}`" if row.challenge not in ("", "none") else ""
    )


def _entry(code: str, status: str, words: list[Words], why: str, again: str) -> str:
    french, english = words
    lines = [
        f"### `{code}`\n",
        f"* **Status**: {status}",
        f"* **Says**: {english.sentence} (« {french.sentence} »)",
    ]
    if why:
        lines.append(f"* **Why**: {why}")
    lines += [f"* **Do**: {english.next_step}", f"* **Ask again**: {again}.\n"]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
