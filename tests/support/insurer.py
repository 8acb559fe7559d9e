"""An insurer who sends member files to a real platform, and what the database then knows, as its owner sees it."""

import hashlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from rempart.domain.identifiers import parse_amc_number
from rempart.feeds.formats.manifest import Manifest
from rempart.feeds.formats.writer import write_member_file
from rempart.keyring.bulk import BulkKeyring
from rempart.operations.load_members import LoadReport, load_members
from rempart.operations.register_insurer import register_insurer
from rempart.settings import Settings
from rempart.store.database import connect_sync
from tests.support.member_rows import Row, frame_of

NOVEMBER = date(2026, 11, 1)
DECEMBER = date(2026, 12, 1)


@dataclass
class Insurer:
    """A registered insurer; it keeps count of the files that were taken."""

    settings: Settings
    directory: Path
    amc: str = "0990000018"
    sequence: int = 1
    previous: str | None = None
    brought_by: str = "nadia"
    manifests: list[Manifest] = field(default_factory=list)

    def register(self) -> "Insurer":
        """Make its keys and its row."""
        register_insurer(self.settings, parse_amc_number(self.amc), "Mutuelle des Tilleuls")
        return self

    def write(self, rows: Iterable[Row], *, suffix: str = ".csv", **manifest: Any) -> Path:
        """Write the next file, with its manifest."""
        kind = manifest.pop("kind", "full")
        path = self.directory / f"{self.amc}-{len(self.manifests):04}{suffix}"
        facts = {
            "amc_number": self.amc,
            "effective_on": NOVEMBER,
            "sequence": self.sequence,
            "previous_sha256": self.previous,
            **manifest,
        }
        self.manifests.append(write_member_file(path, [frame_of(rows, kind)], kind=kind, **facts))
        return path

    def load(self, path: Path) -> LoadReport:
        """Bring a file; when it is taken, the next one follows it."""
        report = load_members(self.settings, path, self.amc, self.brought_by)
        if report.verdict == "taken":
            self.sequence += 1
            self.previous = hashlib.sha256(path.read_bytes()).hexdigest()
        return report

    def send(self, rows: Iterable[Row], **manifest: Any) -> LoadReport:
        """Write the next file and bring it."""
        return self.load(self.write(rows, **manifest))

    def forget(self) -> None:
        """Bring the database back to what it was before the first file."""
        forget_files(self.settings)
        self.sequence, self.previous = 1, None

    def reference_of(self, beneficiary_id: str) -> bytes:
        """Give the digest by which the database knows a person."""
        cmac = CMAC(AES(self._indexed(b"key|reference")))
        cmac.update(beneficiary_id.encode().ljust(32, b"\0"))
        return cmac.finalize()

    def person_at(self, nir: str, birth_date: str, birth_rank: int = 1) -> bytes | None:
        """Find the person that an alias leads to, by his reference's digest."""
        found = self.ask(
            "select p.reference_digest from members.aliases as a join members.people as p using (person_id)"
            " where a.alias_digest = %s",
            self._indexed(f"{nir}|{birth_date}|{birth_rank}".encode()),
        )
        return bytes(found[0][0]) if found else None

    def rights(self, beneficiary_id: str) -> list[tuple[Any, ...]]:
        """List a person's periods: opening, last day, situation, domains."""
        return self.ask(
            "select r.opens_on, r.ends_on, r.situation, r.domains from members.people as p"
            " join members.rights as r using (person_id) where p.reference_digest = %s order by r.opens_on, r.contract_digest",
            self.reference_of(beneficiary_id),
        )

    def history(self, beneficiary_id: str) -> list[tuple[Any, ...]]:
        """List what was known of a person and is no more: opening, last day, situation, since and until when it was known."""
        return self.ask(
            "select h.opens_on, h.ends_on, h.situation, h.known_from, h.known_until from members.people as p"
            " join members.rights_history as h using (person_id) where p.reference_digest = %s"
            " order by h.known_until, h.opens_on",
            self.reference_of(beneficiary_id),
        )

    def snapshot(self) -> dict[str, list[tuple[Any, ...]]]:
        """Give all that is known, without what differs from load to load: numbers, nonces, times."""
        return {
            "people": self.ask(
                "select p.reference_digest, p.insurer_id, p.card_digest, p.aliases_mark from members.people as p order by 1"
            ),
            "aliases": self.ask(
                "select a.alias_digest, p.reference_digest, a.insurer_id from members.aliases as a"
                " join members.people as p using (person_id) order by 1"
            ),
            "rights": self.ask(
                "select p.reference_digest, r.contract_digest, r.opens_on, r.ends_on, r.coverage_rank, r.situation, r.domains,"
                " r.domains_without_tp, r.waiting_domains, r.waiting_until, d.code"
                " from members.rights as r join members.people as p using (person_id)"
                " join members.products as d using (product_id) order by 1, 2, 3"
            ),
            "history": self.ask(
                "select p.reference_digest, h.contract_digest, h.opens_on, h.ends_on, h.situation"
                " from members.rights_history as h join members.people as p using (person_id) order by 1, 2, 3, 4"
            ),
            "identities": self.ask(
                "select insurer_id, contract_digest, opens_on, traits_digest, length(sealed) from members.identities"
                " order by contract_digest, opens_on"
            ),
            "insurers": self.ask(
                "select amc_number, people_count, rights_count, data_as_of is null from members.insurers"
            ),
        }

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with closing(connect_sync(self.settings, "owner")) as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[arg-type] # the tests' own words

    def _indexed(self, message: bytes) -> bytes:
        with BulkKeyring(self.settings) as keyring:
            return keyring.index(self.amc, [message])[0]


def forget_files(settings: Settings) -> None:
    """Bring a database back to what it was before any file was brought."""
    with closing(connect_sync(settings, "owner")) as connection:
        connection.execute(
            """
            do $$ declare part regclass; begin
                for part in select inhrelid from pg_inherits where inhparent = 'members.identities'::regclass loop
                    execute format('drop table %s', part);
                end loop;
                truncate members.people, members.aliases, members.rights, members.rights_history, members.products;
                truncate feeds.files restart identity;
                update members.insurers set people_count = 0, rights_count = 0, data_as_of = null;
            end $$
            """
        )


def forget_insurers(settings: Settings) -> None:
    """Bring a database back to what it was before any insurer was registered."""
    forget_files(settings)
    with closing(connect_sync(settings, "owner")) as connection:
        connection.execute(
            "truncate members.insurers, members.products, members.presence_policies, members.channels, feeds.files"
            " restart identity"
        )
