"""The truth of an attack: what the bytes that the attacker's sockets received say of people, whatever the platform believes.

An identity is revealed when the bytes hold a NIR, a name, a number of the insurer's or a birth date that the asker did
not send.
"""

import re
from dataclasses import dataclass, field

from rempart.domain.rights import Domain
from rempart.drill.callers.asking import Question, Reply
from rempart.drill.world.people import People
from rempart.faces.fhir.systems import CARE_DOMAIN

_NIR = re.compile(r"(?<![0-9])[12][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}(?:[0-9]{2})?(?![0-9])")
_DATE = re.compile(r"(?<![0-9])(19[0-9]{2}|200[0-9]|201[0-9])-?([01][0-9])-?([0-3][0-9])(?![0-9])")
"""Dates before 2020: no right that is told about begins or ends there."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""References are random: among millions some look like a date or a number. NIR are looked for in them all the same."""

_CODED_DOMAIN = re.compile(
    rf'\{{"system":"{re.escape(CARE_DOMAIN)}","code":"(?:{"|".join(domain.name for domain in Domain)})"\}}'
)
"""A domain of care as answers code it, to the byte: TRAN, sanitary transport, is a family name besides. No other code that they
carry has capitals. Any other writing of it, a `display` beside it for one, is searched as free text is."""

_NAME_MIN_CHARS = 3
_KNOWN_PATIENT = b'"known-patient"'
"""The presence that an answer tells (docs/reference/fhir.md)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of an attacker and what came back, `at_s` seconds after the attack began (of the drill's own time)."""

    account_id: int
    at_s: float
    question: Question | None
    reply: Reply


@dataclass
class Loot:
    """All that an attacker's sockets received."""

    exchanges: list[Exchange] = field(default_factory=list)

    def confirmed(self) -> set[int]:
        """List the people whom the bytes say to be insured; no presence but a broken glass was shown, if any."""
        return {one.question.person for one in self.exchanges if one.reply.confirms and one.question}

    def confirmed_behind_glass(self) -> set[int]:
        """List those confirmed for a reason given, which their insurers are told."""
        return {
            one.question.person
            for one in self.exchanges
            if one.reply.confirms and one.question and one.question.break_glass
        }

    def confirmed_as_known(self) -> set[int]:
        """List those confirmed because the stolen shop had already proven them: its own patients."""
        return {
            one.question.person
            for one in self.exchanges
            if one.reply.confirms
            and one.question
            and one.reply.heard
            and _KNOWN_PATIENT in one.reply.heard.body
        }

    def traces(self) -> set[str]:
        """List the trace numbers of the answers that confirm somebody."""
        return {one.reply.trace for one in self.exchanges if one.reply.confirms}

    def per_account(self) -> dict[int, int]:
        """Count the people confirmed to each account."""
        found: dict[int, set[int]] = {}
        for one in self.exchanges:
            people = found.setdefault(one.account_id, set())
            if one.reply.confirms and one.question:
                people.add(one.question.person)
        return {account: len(people) for account, people in found.items()}

    def curve(self) -> list[tuple[float, int]]:
        """Follow the people confirmed over time: seconds since the attack began, people so far."""
        seen: set[int] = set()
        points = [(0.0, 0)]
        for one in sorted(self.exchanges, key=lambda one: one.at_s):
            if one.reply.confirms and one.question and one.question.person not in seen:
                seen.add(one.question.person)
                points.append((one.at_s, len(seen)))
        return points

    def identities(self, people: People) -> int:
        """Count the answers in whose bytes somebody's identity shows."""
        return sum(bool(identities_in(one, people, people.numbers_without_key)) for one in self.exchanges)


def identities_in(exchange: Exchange, people: People, numbers: frozenset[str]) -> list[str]:
    """Find what of an identity the bytes hold that the asker did not send; `numbers` are the NIR of everybody, without key."""
    if exchange.reply.heard is None:
        return []
    text = (exchange.reply.heard.head + exchange.reply.heard.body).decode(errors="replace")
    sent = exchange.question.nir[:13] if exchange.question else ""
    found = ["nir" for number in _NIR.findall(text) if number[:13] in numbers and number[:13] != sent]
    if exchange.question is None:
        return found
    person, text = exchange.question.person, _UUID.sub("", text)
    words = set(re.findall(r"[^\W\d_]+", _CODED_DOMAIN.sub("", text)))
    found += ["name" for name in re.findall(r"[^\W\d_]+", people.names[person])
              if len(name) >= _NAME_MIN_CHARS and name in words]  # fmt: skip
    found += ["number" for number in people.numbers[person] if number and number in text]
    found += ["date" for parts in _DATE.findall(text) if "".join(parts) != people.birth_date[person]]
    return found
