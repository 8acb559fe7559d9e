"""A small world for the gate: insurers, shops, who works there, and families whose rights are known.

    def test_of_the_gate(world: World) -> None:
        mutuelle = world.insurer()
        lea = world.person("Léa", mutuelle)                      # open rights in every domain
        till = world.software_session(world.account("pharmacist"))
        told = world.ask(till.about(lea))                        # one question, by the role that its session goes with
        first, second = world.ask_all([till.about(lea), till.about(lea)])   # one batch

Everything is written straight into the tables as the owner would, so that a test of the gate stands on the gate alone. Time is
not simulated: a test that needs yesterday moves a row there.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace as changed
from psycopg.rows import TupleRow

from rempart.domain.detectors import SCORED, Signal
from rempart.domain.rights import OUTCOME_BY_NUMBER, Outcome
from rempart.store.database import connect_sync
from rempart.store.gate import CALL, AskRow, ToldRow, told_rows
from tests.support.database import Database

EVERY_DOMAIN = (1 << 13) - 1
PARIS, REUNION = "Europe/Paris", "Indian/Reunion"

_numbers = count(1)


def digest(*parts: object) -> bytes:
    """Make the SHA-256 that stands for something in a test."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def outcome(told: ToldRow) -> Outcome:
    """Name what the gate decided."""
    return OUTCOME_BY_NUMBER[told.outcome]


@dataclass(frozen=True)
class Insurer:
    """An insurer of the world."""

    insurer_id: int
    amc: str


@dataclass(frozen=True)
class Right:
    """One period of one contract, as a member file would tell it."""

    opens_on: date = date(2024, 1, 1)
    ends_on: date | None = None
    coverage_rank: int = 1
    situation: int = 0  # 0 active, 1 suspended, 2 renewal in progress
    domains: int = EVERY_DOMAIN
    domains_without_tp: int = 0
    waiting_domains: int = 0
    waiting_until: date | None = None


@dataclass(frozen=True)
class Person:
    """Somebody who can be asked about: the digests that a face would send."""

    given_name: str
    person_id: int | None  # None: nobody knows this person
    insurer: Insurer
    alias: bytes
    card: bytes


@dataclass(frozen=True)
class Account:
    """A professional or a member of the staff at one place."""

    account_id: int
    holder_account_id: int
    organisation_id: int
    professional_id: int | None
    profession_id: int


@dataclass
class Session:
    """A session as its owner holds it; `nonce` follows what the gate answers, for a browser."""

    role: str
    token: bytes
    thumbprint: bytes
    account: Account
    software_id: int | None = None
    nonce: str | None = None
    proofs: Iterator[int] = field(default_factory=lambda: count(1))

    def about(self, person: Person | None, **changes: Any) -> AskRow:
        """Ask about a person (or about nobody) with a fresh proof; any part can be replaced."""
        row = AskRow(
            token=self.token,
            thumbprint=self.thumbprint,
            proof=digest(self.token.hex(), next(self.proofs), secrets.token_hex(8)),
            proof_at=int(time.time()),
            nonce=None if self.nonce is None else hashlib.sha256(self.nonce.encode()).digest(),
        )
        if person is not None:
            row = changed(row, amc=person.insurer.amc, alias=person.alias)
        return changed(row, **changes)


class World:
    """Makes what a test needs, and asks."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.owner = connect_sync(database.settings, "owner")
        self._faces: dict[str, psycopg.Connection[TupleRow]] = {}
        self._sessions: dict[bytes, Session] = {}
        self._detector_rules: list[TupleRow] = []

    def close(self) -> None:
        """Lift the containments of the test, set the detectors back and hang up."""
        if not self.owner.closed:
            for rule in self._detector_rules:
                self.do(
                    "update access.detector_rules set honest = %s, thief = %s, threshold = %s"
                    " where profession_id = %s and signal_id = %s",
                    *rule,
                )
            self.owner.execute(
                "update gate.containments set released_at = now() where coalesce(released_at, 'infinity') > now()"
            )
        for connection in (self.owner, *self._faces.values()):
            connection.close()

    def face(self, role: str) -> psycopg.Connection[TupleRow]:
        """Give the connection of a face's role."""
        if role not in self._faces or self._faces[role].closed:
            self._faces[role] = connect_sync(self.database.settings, role)
        return self._faces[role]

    def one(self, statement: str, *parameters: object) -> Any:
        """Run a statement as the owner and give the first column of its first row."""
        row = self.owner.execute(statement, parameters).fetchone()
        assert row is not None
        return row[0]

    def do(self, statement: str, *parameters: object) -> None:
        """Run a statement as the owner."""
        self.owner.execute(statement, parameters)

    def insurer(self, required_presence: int = 0, data_age_h: float | None = 1) -> Insurer:
        """Add an insurer whose last file was taken so many hours ago (None: never)."""
        amc = f"{next(_numbers):010d}"
        insurer_id = self.one(
            """
            insert into members.insurers (amc_number, name, data_as_of)
            values (%s, 'Mutuelle de la Loire', now() - make_interval(mins => %s)) returning insurer_id
            """,
            amc,
            None if data_age_h is None else int(data_age_h * 60),
        )
        if required_presence:
            self.policy(insurer_id, required_presence)
        return Insurer(insurer_id, amc)

    def policy(
        self, insurer_id: int, required: int = 0, required_when_stepped_up: int = 1, accepted: int = 126
    ) -> None:
        """Say what an insurer asks from now on."""
        self.do("delete from members.presence_policies where insurer_id = %s", insurer_id)
        self.do(
            "insert into members.presence_policies values (%s, '2024-01-01', 'infinity', %s, %s, %s)",
            insurer_id,
            required,
            required_when_stepped_up,
            accepted,
        )

    def person(self, given_name: str, insurer: Insurer, *rights: Right) -> Person:
        """Add a person; without any right given, one that is open in every domain."""
        number = next(_numbers)
        person = Person(given_name, None, insurer, digest(given_name, number), digest("card", number))
        person_id = self.one(
            """
            insert into members.people (insurer_id, reference_digest, card_digest) values (%s, %s, %s)
            returning person_id
            """,
            insurer.insurer_id,
            digest("reference", number)[:16],
            person.card,
        )
        self.do(
            "insert into members.aliases (alias_digest, person_id, insurer_id) values (%s, %s, %s)",
            person.alias,
            person_id,
            insurer.insurer_id,
        )
        for contract, right in enumerate(rights or (Right(),)):
            self.right(person_id, contract, right)
        return replace(person, person_id=person_id)

    def right(self, person_id: int, contract: int, right: Right) -> None:
        """Add a period to a person."""
        self.do(
            "insert into members.rights values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, now())",
            person_id,
            digest("contract", person_id, contract),
            right.opens_on,
            right.ends_on,
            right.coverage_rank,
            right.situation,
            right.domains,
            right.domains_without_tp,
            right.waiting_domains,
            right.waiting_until,
        )

    def stranger(self, given_name: str, insurer: Insurer) -> Person:
        """Name somebody whom the insurer does not know."""
        number = next(_numbers)
        return Person(given_name, None, insurer, digest(given_name, number), digest("card", number))

    def account(
        self,
        profession: str = "pharmacist",
        timezone: str = PARIS,
        organisation_id: int | None = None,
        professional_id: int | None = None,
    ) -> Account:
        """Add a titulaire, in a shop of his own unless one is given; or another account of one."""
        number = next(_numbers)
        profession_id = self.one("select profession_id from access.professions where code = %s", profession)
        organisation_id = organisation_id or self.one(
            "insert into access.organisations (finess, name, timezone) values (%s, 'Pharmacie du Pont', %s)"
            " returning organisation_id",
            f"{number:09d}",
            timezone,
        )
        professional_id = professional_id or self.one(
            "insert into access.professionals (rpps, profession_id, name) values (%s, %s, 'Camille Martin')"
            " returning professional_id",
            f"{number:011d}",
            profession_id,
        )
        account_id = self.one("select nextval('access.accounts_account_id_seq')")
        self.do(
            """
            insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id,
                                         holder_account_id, display_name)
            overriding system value values (%s, 'professional', %s, %s, %s, %s, 'Camille Martin')
            """,
            account_id,
            organisation_id,
            professional_id,
            profession_id,
            account_id,
        )
        return Account(account_id, account_id, organisation_id, professional_id, profession_id)

    def structure(self, profession: str = "hospital") -> Account:
        """Add a structure that asks in its own name: an account of its own, and no professional."""
        number = next(_numbers)
        profession_id = self.one("select profession_id from access.professions where code = %s", profession)
        organisation_id = self.one(
            "insert into access.organisations (finess, name) values (%s, 'Hôpital du Pont') returning organisation_id",
            f"{number:09d}",
        )
        account_id = self.one("select nextval('access.accounts_account_id_seq')")
        self.do(
            "insert into access.accounts (account_id, kind, organisation_id, profession_id, holder_account_id, display_name)"
            " overriding system value values (%s, 'structure', %s, %s, %s, 'Hôpital du Pont')",
            account_id,
            organisation_id,
            profession_id,
            account_id,
        )
        return Account(account_id, account_id, organisation_id, None, profession_id)

    def staff(self, holder: Account, organisation_id: int | None = None, *, is_new: bool = False) -> Account:
        """Add a named member of the staff, who spends the holder's budget; two months ago, unless he is new."""
        place = organisation_id or holder.organisation_id
        account_id = self.one(
            """
            insert into access.accounts (kind, organisation_id, profession_id, holder_account_id, display_name)
            values ('staff', %s, %s, %s, 'Noé Bernard') returning account_id
            """,
            place,
            holder.profession_id,
            holder.account_id,
        )
        if not is_new:
            self.do(
                "update gate.account_state set new_until = new_until - interval '60 days' where account_id = %s",
                account_id,
            )
        return Account(account_id, holder.account_id, place, None, holder.profession_id)

    def software(self) -> int:
        """Register a software."""
        statement = "insert into access.software (client_id, name, jwks) values (%s, 'LGO', '{}') returning software_id"
        return int(self.one(statement, f"client-{next(_numbers)}"))

    def software_session(
        self, account: Account, software_id: int | None = None, *, is_new_device: bool = False
    ) -> Session:
        """Open a session of a software, good at the FHIR face."""
        return self.keep(
            Session(
                "fhir",
                secrets.token_bytes(32),
                secrets.token_bytes(32),
                account,
                software_id or self.software(),
            ),
            is_new_device=is_new_device,
        )

    def browser_session(self, account: Account, face: str = "portal") -> Session:
        """Open a browser's session, good at the portal or at the counter."""
        nonce = secrets.token_hex(16)
        return self.keep(
            Session(face, secrets.token_bytes(32), secrets.token_bytes(32), account, None, nonce)
        )

    def keep(self, session: Session, *, is_new_device: bool = False) -> Session:
        """Write a session, of a device that the account has had for a year, or of a new one."""
        self.do(
            """
            insert into access.sessions (token_digest, key_thumbprint, account_id, software_id, face, expires_at,
                                         idle_s, nonce_digest)
            values (%s, %s, %s, %s, %s, now() + interval '4 hours', %s, %s)
            """,
            session.token,
            session.thumbprint,
            session.account.account_id,
            session.software_id,
            {"portal": 2, "counter": 3}.get(session.role),
            None if session.nonce is None else 1800,
            None if session.nonce is None else hashlib.sha256(session.nonce.encode()).digest(),
        )
        if not is_new_device:
            self.do(
                "update access.sessions set device_since = now() - interval '1 year' where token_digest = %s",
                session.token,
            )
        self._sessions[session.token] = session
        return session

    def ask(self, row: AskRow, role: str | None = None) -> ToldRow:
        """Ask one question."""
        return self.ask_all([row], role)[0]

    def ask_all(self, rows: Sequence[AskRow], role: str | None = None) -> list[ToldRow]:
        """Ask a batch, as the face that the first question's session goes with."""
        known = self._sessions.get(rows[0].token)
        told = ask_batch(self.face(role or (known.role if known else "fhir")), rows)
        for row, answer in zip(rows, told, strict=True):
            if answer.next_nonce is not None:
                self._sessions[row.token].nonce = answer.next_nonce
        return told

    def contain(
        self, scope: str, target: int, mode: int, software_id: int | None = None, region: int | None = None
    ) -> None:
        """Contain a scope: 1 step up, 2 freeze, 3 revoke, 4 slow; a shape is of a software and a region too."""
        self.do(
            "insert into gate.containments (scope, target, mode, software_id, region, because, decided_by)"
            " values (%s, %s, %s, %s, %s, 'drill', 'on call')",
            scope,
            target,
            mode,
            software_id,
            region,
        )

    def detectors(self, signal: Signal | None = None, **columns: object) -> None:
        """Set the tests of a signal, or of all, for every profession; `threshold=1e9` makes them deaf."""
        if not self._detector_rules:
            self._detector_rules = self.owner.execute(
                "select honest, thief, threshold, profession_id, signal_id from access.detector_rules"
            ).fetchall()
        for column, content in columns.items():
            self.do(
                f"update access.detector_rules set {column} = %s where signal_id = coalesce(%s, signal_id)",
                content,
                signal,
            )

    def scores(self, account: Account, watch: str = "watch") -> dict[Signal, float]:
        """Read the scores of an account, of its old devices, or of its `new_devices`."""
        return dict(zip(SCORED, self.state(account, f"({watch}).scores"), strict=True))

    def state(self, account: Account, column: str) -> Any:
        """Read a column of an account's state."""
        return self.one(f"select {column} from gate.account_state where account_id = %s", account.account_id)

    def set_state(self, account: Account, **columns: object) -> None:
        """Move an account's state elsewhere, in time for instance."""
        for column, content in columns.items():
            self.do(
                f"update gate.account_state set {column} = %s where account_id = %s",
                content,
                account.account_id,
            )

    def ago(self, days: int) -> datetime:
        """Say which instant was so many days ago, by the database's clock."""
        moment: datetime = self.one("select now() - make_interval(days => %s)", days)
        return moment

    def today(self, timezone: str = PARIS) -> date:
        """Say which day it is at a shop."""
        return date.fromisoformat(str(self.one("select (now() at time zone %s)::date", timezone)))


def ask_batch(connection: psycopg.Connection[TupleRow], rows: Sequence[AskRow]) -> list[ToldRow]:
    """Ask through the driver's own arrays: another road than the product's hand-made ones."""
    columns: list[list[Any]] = [[getattr(row, name) for row in rows] for name in AskRow.__struct_fields__]
    return told_rows(connection.execute(CALL, columns, prepare=True).fetchone())


def days(number: int) -> timedelta:
    """Say so many days."""
    return timedelta(days=number)


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """Give a world in this module's database; what other tests of the module made stays out of the way."""
    made = World(database)
    yield made
    made.close()
