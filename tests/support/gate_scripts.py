"""Scripts of questions for the gate, drawn at random, and the small town in which they are asked.

The same script is asked in two towns that differ by their numbers only, together in the one and one by one in the other;
`what_remains` says what a town looks like afterwards, without those numbers.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace as changed

from rempart.domain.detectors import Signal
from rempart.store.gate import AskRow, ToldRow
from tests.support.world import Insurer, Person, Right, Session, World, digest

PEOPLE_PER_DAY, BURST, INTERVAL_MS = 4, 6, 600_000
THRESHOLDS = {  # so low that a script reaches them; those of one batch have no gap between them, so regularity weighs nothing
    Signal.FAILURES: 3.2,
    Signal.NOVELTY: 3.0,
    Signal.WALK: 3.2,
    Signal.TOGETHER: 7.0,
}

SOFTWARE = ("titulaire", "staff", "other staff", "neighbour", "copied software")
BROWSERS = ("titulaire's browser", "staff's browser")
SUBJECTS = ("Léa", "Hugo", "Inès", "Adam", "Jade", "Louise", "Personne", "Nul", "Camille")


@dataclass(frozen=True)
class Step:
    """One question of a script: who asks about whom, with what."""

    who: str
    about: str | None
    card: str | None = None  # whose
    break_glass: int | None = None
    key: str | None = None
    body: str = "one"
    proof: int | None = None  # that of an earlier step
    seconds: int = 0
    is_thief: bool = False
    domain: int | None = None
    days: int | None = None
    amc: str | None = None
    nonce: str = "first"
    cell: int | None = None
    birth: int | None = None
    asked_for: int | None = None
    code: str | None = None
    standing_list: str | None = None


def steps(who: Sequence[str]) -> st.SearchStrategy[Step]:
    """Draw a question; most are ordinary, since a script of refusals reaches nothing."""
    rarely = lambda *others: st.sampled_from([None] * 6 + list(others))  # noqa: E731 (a word for the lines below)
    return st.builds(
        Step,
        who=st.sampled_from(who),
        about=st.sampled_from([*SUBJECTS, *SUBJECTS, *SUBJECTS, None]),
        card=rarely(*SUBJECTS[:3], "nobody"),
        break_glass=rarely(1, 4),
        key=rarely("a", "b"),
        body=st.sampled_from(["one", "one", "other"]),
        proof=rarely(0, 1, 2),
        seconds=st.sampled_from([0] * 9 + [-100, 60]),
        is_thief=st.sampled_from([False] * 9 + [True]),
        domain=rarely(12, 10),
        days=rarely(-30, 30, 400, -2000),
        amc=rarely("9999999999"),
        nonce=st.sampled_from(["first"] * 4 + ["guess", "missing"]),
        cell=st.sampled_from([None, 1, 1, 2]),
        birth=st.sampled_from([None, 11, 84]),
        asked_for=rarely(4, 5),
        code=rarely("guess"),
        standing_list=rarely("EHPAD"),
    )


def scripts(who: Sequence[str]) -> st.SearchStrategy[list[Step]]:
    """Draw a script."""
    return st.lists(steps(who), min_size=2, max_size=24)


class People:
    """Those who are asked about: the same in every town."""

    def __init__(self, world: World) -> None:
        self.plain, strict, late = (
            world.insurer(),
            world.insurer(required_presence=1),
            world.insurer(data_age_h=99),
        )
        today = world.today()
        ended = Right(ends_on=today - timedelta(days=10))
        self.by_name: dict[str, Person] = {
            "Léa": world.person("Léa", self.plain),
            "Hugo": world.person("Hugo", self.plain, ended),
            "Inès": world.person("Inès", self.plain, Right(situation=1)),
            "Adam": world.person("Adam", strict),
            "Jade": world.person("Jade", late, ended),
            "Louise": world.person("Louise", self.plain, Right(opens_on=today + timedelta(days=10))),
            "Personne": world.stranger("Personne", self.plain),
            "Nul": world.stranger("Nul", self.plain),
        }
        lea = self.by_name["Léa"]
        self.by_name["Camille"] = replace(lea, alias=digest("Camille, another number of Léa", lea.person_id))
        world.do(
            "insert into members.aliases values (%s, %s, %s)",
            self.by_name["Camille"].alias,
            lea.person_id,
            self.plain.insurer_id,
        )
        world.do(
            "update access.profession_rules set people_per_day = %s, rate_burst = %s, rate_interval_ms = %s",
            PEOPLE_PER_DAY,
            BURST,
            INTERVAL_MS,
        )
        world.detectors(Signal.REGULARITY, thief=0.5, honest=0.5 - 1e-12)
        for signal, threshold in THRESHOLDS.items():
            world.detectors(signal, threshold=threshold)


class Town:
    """Accounts and sessions of their own, about the people whom everybody knows."""

    def __init__(self, world: World, people: People) -> None:
        self.world, self.people = world, people
        titulaire, neighbour = world.account(), world.account("pharmacist", "Indian/Reunion")
        staff, other = world.staff(titulaire), world.staff(titulaire)
        self.sessions: dict[str, Session] = {
            "titulaire": world.software_session(titulaire),
            "staff": world.software_session(staff),
            "other staff": world.software_session(other),
            "neighbour": world.software_session(neighbour),
            "copied software": world.software_session(titulaire),
            "titulaire's browser": world.browser_session(titulaire),
            "staff's browser": world.browser_session(staff),
        }
        self.accounts = {"titulaire": titulaire, "staff": staff, "other staff": other, "neighbour": neighbour}
        world.contain("account", other.account_id, 1)
        self._first_nonces = {name: session.nonce for name, session in self.sessions.items()}

    def rows(self, script: Sequence[Step]) -> list[AskRow]:
        """Write a script as questions of this town."""
        rows: list[AskRow] = []
        for step in script:
            row = self._row(step)
            if step.proof is not None and step.proof < len(rows):
                row = changed(row, proof=rows[step.proof].proof)
            rows.append(row)
        return rows

    def _row(self, step: Step) -> AskRow:
        session = self.sessions[step.who]
        person = None if step.about is None else self.people.by_name[step.about]
        row = session.about(person, nonce=self._nonce(step))
        row = changed(row, proof_at=row.proof_at + step.seconds)
        if step.is_thief:
            row = changed(row, thumbprint=digest("thief"))
        if person is None:
            return row
        card = None
        if step.card is not None:
            card = (
                self.people.by_name[step.card].card if step.card in self.people.by_name else digest("found")
            )
        return changed(
            row,
            amc=step.amc or person.insurer.amc,
            domain=step.domain,
            care_date=None if step.days is None else self.world.today() + timedelta(days=step.days),
            card=card,
            break_glass=step.break_glass,
            repeat_key=None if step.key is None else digest(step.key),
            body=None if step.key is None else digest(step.body),
            cell=step.cell,
            birth=step.birth,
            asked_for=step.asked_for,
            code=None if step.code is None else digest(step.code),
            standing_list=step.standing_list,
        )

    def _nonce(self, step: Step) -> bytes | None:
        first = self._first_nonces[step.who]
        if first is None or step.nonce == "missing":
            return None
        return hashlib.sha256((first if step.nonce == "first" else "guess").encode()).digest()

    def what_was_told(self, told: Sequence[ToldRow]) -> list[tuple[Any, ...]]:
        """Give the answers, with the numbers of receipts replaced by the places of the questions."""
        places = {answer.receipt_id: place for place, answer in enumerate(told)}
        names = {account.account_id: name for name, account in self.accounts.items()}
        return [
            (
                *(
                    answer.receipt_id is None,
                    answer.outcome,
                    answer.answer_on,
                    answer.answer_domains,
                    answer.coverages,
                ),
                *(
                    answer.presence,
                    answer.data_as_of,
                    answer.data_is_stale,
                    answer.next_nonce is None,
                    answer.why,
                ),
                *(
                    names.get(answer.account_id or 0),
                    None if answer.repeat_of is None else places[answer.repeat_of],
                ),
                (answer.retry_after_s + 5) // 60,
            )
            for answer in told
        ]

    def what_remains(self, told: Sequence[ToldRow]) -> dict[str, list[Any]]:
        """Read everything that the gate wrote about this town, without its numbers."""
        places = {answer.receipt_id: place for place, answer in enumerate(told)}
        account_of = {account.account_id: name for name, account in self.accounts.items()}
        numbers = list(account_of)
        tokens = {session.token: name for name, session in self.sessions.items()}
        read = lambda statement: self.world.owner.execute(statement, (numbers,)).fetchall()  # noqa: E731
        states = read(
            "select account_id, standing, day::text, people_today, break_glass_today,"
            " (select array_agg(round(s::numeric, 6)) from unnest((watch).scores) as s),"
            " (select array_agg(round(s::numeric, 6)) from unnest((new_devices).scores) as s),"
            " (watch).recent_cells, (new_devices).recent_cells, (watch).stepped_up_at is null, (watch).proven_since,"
            " (new_devices).stepped_up_at is null, (new_devices).proven_since,"
            " (select array_agg(s is null) from unnest((watch).rising_since[1:5] || (watch).rising_since[7]) as s),"
            " (select array_agg(s is null) from unnest((new_devices).rising_since[1:5] || (new_devices).rising_since[7]) as s),"
            " (select array_agg(round(s::numeric, 6)) from unnest((newcomers).scores) as s),"
            " (watch).last_convicted_at is null,"
            " round((next_free_s - extract(epoch from now())::float8) / 600) * (next_free_s > 0)::int"
            " from gate.account_state where account_id = any(%s)"
        )
        met = read(
            "select holder_account_id, subject, first_seen_on, last_seen_on, old_seen_on from gate.acquaintances"
            " where holder_account_id = any(%s)"
        )
        proven = read(
            "select a.account_id, w.subject, w.proven_on from gate.known_patients as w"
            " join gate.account_state as a using (organisation_id) where a.account_id = any(%s)"
        )
        receipts = read(
            "select receipt_id, account_id, subject, insurer_id, face, outcome, truth, presence, break_glass, domain, care_date,"
            " answer_on, answer_domains, coverages, data_as_of, data_is_stale, signals & ~8224, repeat_of"
            " from evidence.receipts where account_id = any(%s)"
        )
        sessions = read(
            "select token_digest, revoked_because, nonce_digest, (select count(*) from gate.proofs as p"
            " where p.session_id = s.session_id) from access.sessions as s where account_id = any(%s)"
        )
        repeats = read(
            "select account_id, key_digest, body_digest, receipt_id, outcome from gate.repeats where account_id = any(%s)"
        )
        first = {
            name: nonce and hashlib.sha256(nonce.encode()).digest()
            for name, nonce in self._first_nonces.items()
        }
        return {
            "states": sorted((account_of[row[0]], *row[1:]) for row in states),
            "met": sorted((account_of[row[0]], *map(str, row[1:])) for row in met),
            "proven": sorted((account_of[row[0]], *map(str, row[1:])) for row in proven),
            "receipts": sorted(
                (places[row[0]], account_of[row[1]], *map(str, row[2:-1]), places.get(row[-1]))
                for row in receipts
            ),
            "sessions": sorted(
                (
                    tokens[bytes(row[0])],
                    row[1],
                    bytes(row[2] or b"") == (first[tokens[bytes(row[0])]] or b""),
                    row[3],
                )
                for row in sessions
            ),
            "repeats": sorted(
                (account_of[row[0]], bytes(row[1]), bytes(row[2]), places[row[3]], row[4]) for row in repeats
            ),
        }


__all__ = ["BROWSERS", "SOFTWARE", "Insurer", "People", "Step", "Town", "scripts"]
