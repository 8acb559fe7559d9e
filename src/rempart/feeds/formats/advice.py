"""What to say to an insurer of a refused file or a bad line: what is wrong, and what to do.

French is the source, English the translation: two JSON files of the same shape, which a translator can open.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

Language = Literal["fr", "en"]

_HERE: Final = Path(__file__).parent


class Advice(NamedTuple):
    """What is wrong, and what the reader can do."""

    sentence: str
    next_step: str


@cache
def advice(language: Language = "fr") -> dict[str, Advice]:
    """Read the advice for every code of a file and every reason of a line."""
    texts: dict[str, list[str]] = json.loads((_HERE / f"advice_{language}.json").read_text(encoding="utf-8"))
    return {code: Advice(*pair) for code, pair in texts.items()}


advice("fr"), advice("en")  # read at import: a process that has dropped its rights may not be able to later
