"""The detectors' rules in force."""

from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg.rows import TupleRow, class_row


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One test of one profession; shares without unit, `threshold` in nats, `measure` 1 to step up and 2 to freeze."""

    profession: str
    signal_id: int
    signal: str
    honest: float | None
    thief: float | None
    threshold: float
    measure: int
    valid_from: date
    source: str


def rules_in_force(connection: psycopg.Connection[TupleRow]) -> list[RuleRow]:
    """List the tests that the gate holds today, by profession and signal."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            """
            select f.code as profession, r.signal_id, s.code as signal, r.honest, r.thief, r.threshold, r.measure, r.valid_from,
                r.source
            from access.detector_rules as r
            join access.professions as f using (profession_id)
            join access.signals as s using (signal_id)
            cross join (select (platform.present() at time zone 'Europe/Paris')::date as day) as today
            where r.valid_from <= today.day and today.day < r.valid_until
            order by r.profession_id, r.signal_id
            """
        ).fetchall()
