"""Every code of a file and every reason of a line is explained, in both languages, with a next step."""

import re
from pathlib import Path

import pytest

from rempart.domain.errors.member_files import MemberFileRefused
from rempart.feeds.formats.advice import Language, advice

REFERENCE_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "member-file.md"
LANGUAGES: list[Language] = ["fr", "en"]


def test_both_languages_explain_the_same_codes_and_differ() -> None:
    french, english = advice("fr"), advice("en")

    assert list(french) == list(english)
    for code, texts in french.items():
        assert not set(texts) & set(english[code]), code


def test_every_refusal_of_a_file_is_explained_and_documented() -> None:
    page = REFERENCE_PAGE.read_text(encoding="utf-8").replace("`, `-column-", "`, `member-file-column-")
    ours = [error for error in MemberFileRefused.__subclasses__() if error.__module__.startswith("rempart.")]
    for error in ours:
        assert error.code in advice("fr"), error.code
        assert f"`{error.code}`" in page, error.code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_a_sentence(language: Language) -> None:
    for code, texts in advice(language).items():
        for text in texts:
            assert re.fullmatch(r"([A-ZÀÉ]|rempart ).*[.]", text), code
            assert len(text) <= 140, code
