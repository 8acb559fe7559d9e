"""The reference model beside the gate: it hears the same questions, and must come to the same scores.

It is told who the people are by the test, and takes from each receipt only the moment and whether the question was answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from rempart.domain.detectors import (
    ACQUAINTANCE_SETTLES_DAYS,
    RELIEF_RESTS_DAYS,
    Conviction,
    Measure,
    Question,
    Signal,
    Test,
    Watch,
    bits_of,
    hear,
    judge,
    weigh,
)
from rempart.domain.rights import Presence
from rempart.store.gate import AskRow, ToldRow
from tests.support.world import Session, World, outcome


@dataclass(frozen=True)
class Trait:
    """What the model is told of a person: as the insurer, or as the shop, knows."""

    is_found: bool = True
    is_ended: bool = False
    first_seen_days_ago: int | None = None  # by this shop; None: never
    last_seen_days_ago: int = 8  # if ever
    is_canary: bool = False


@dataclass
class Shadow:
    """The model of one account at its shop."""

    world: World
    session: Session
    region: int | None
    watch: Watch = field(default_factory=Watch)
    met_today: set[bytes] = field(default_factory=set)
    conviction: Conviction | None = None

    def __post_init__(self) -> None:
        rows = self.world.owner.execute(
            "select signal_id, honest, thief, threshold, measure from access.detector_rules where profession_id = %s",
            (self.session.account.profession_id,),
        ).fetchall()
        self.tests = {
            Signal(signal): Test(threshold, Measure(measure), honest, thief)
            for signal, honest, thief, threshold, measure in rows
        }

    def follow(
        self,
        rows: Sequence[AskRow],
        told: Sequence[ToldRow],
        traits: Sequence[Trait],
        cards: Sequence[bool | None],
    ) -> list[int]:
        """Hear what was answered; give the signals that each receipt should hold. `cards`: right, wrong or none."""
        return [
            self._hear(row, answer, trait, card)
            for row, answer, trait, card in zip(rows, told, traits, cards, strict=True)
        ]

    def _hear(self, row: AskRow, told: ToldRow, trait: Trait, card: bool | None) -> int:
        if outcome(told).number >= 20 or row.alias is None:
            return 0
        asked_at_s, presence = self.world.owner.execute(
            "select extract(epoch from asked_at)::float8, presence from evidence.receipts where receipt_id = %s",
            (told.receipt_id,),
        ).fetchone() or (0, 0)
        days_ago = trait.first_seen_days_ago
        question = Question(
            asked_at_s=asked_at_s,
            presence=Presence(presence),
            is_first_today=row.alias not in self.met_today,
            is_found=trait.is_found,
            is_ended=trait.is_ended,
            is_guess=False,
            is_met=days_ago is not None,
            is_known_long=days_ago is not None and days_ago >= ACQUAINTANCE_SETTLES_DAYS,
            is_lately=days_ago is not None and trait.last_seen_days_ago < RELIEF_RESTS_DAYS,
            cell=row.cell,
            is_elsewhere=None if row.birth is None or self.region is None else row.birth != self.region,
            is_canary=trait.is_canary,
        )
        self.met_today.add(row.alias)
        words = hear(self.watch, question)
        weigh(self.watch, words, self.tests)
        if presence < Presence.CARD or trait.is_canary:
            self.conviction = self.conviction or judge(self.watch, question, words, self.tests)
        return bits_of(words)


def acquaint(
    world: World,
    session: Session,
    person_id: int,
    first_seen_days_ago: int,
    today: date,
    last_seen_days_ago: int = 8,
) -> None:
    """Let a shop have met somebody: first and last so many days ago."""
    world.do(
        "insert into gate.acquaintances (organisation_id, subject, holder_account_id, first_seen_on, last_seen_on, old_seen_on)"
        " select %s, %s, %s, %s::date - %s::int, l.last_on, l.last_on from (select %s::date - %s::int) as l (last_on)",
        session.account.organisation_id,
        person_id,
        session.account.holder_account_id,
        today,
        first_seen_days_ago,
        today,
        min(first_seen_days_ago, last_seen_days_ago),
    )
