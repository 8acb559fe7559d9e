"""How a command answers: a sentence for people, or its facts in one line of JSON."""

import json


def say(as_json: bool, facts: dict[str, object], sentence: str) -> None:
    """Say what was done: a sentence, or its facts in one line of JSON."""
    print(json.dumps(facts, ensure_ascii=False) if as_json else sentence)
