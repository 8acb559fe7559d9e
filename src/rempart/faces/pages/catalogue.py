"""The texts of the pages in the reader's language: French in the templates, other languages in locale/*/LC_MESSAGES/pages.po.

What Rempart says of an outcome or an error is not here but in faces/wording.py, which the API shares. A text without a
translation is said in French rather than not at all; a test keeps that from happening.
"""

from collections.abc import Callable
from pathlib import Path

from babel.messages.pofile import read_po

import rempart
from rempart.faces.wording import Language

LOCALE = Path(rempart.__file__).parent / "locale"

Translate = Callable[[str], str]


def translator(language: Language) -> Translate:
    """Give the function that says a French source text in a language."""
    if language is Language.FRENCH:
        return lambda text: text
    with (LOCALE / language / "LC_MESSAGES" / "pages.po").open("rb") as file:
        catalogue = read_po(file, locale=language.value)
    said = {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
    return lambda text: said.get(text, text)
