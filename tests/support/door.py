"""What a test of the door stands on: an insurer whose keys are in the run's keyring, people with a NIR, and proven callers.

village = await found_village(world, keyring)               # an insurer with its keys
nirs = village.settle(10)                                    # ten people whom it knows
async with Door(world.database.settings, "fhir") as door:
    answer = await door.ask(village.question(nirs[0]), caller(session))
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

from msgspec.structs import replace

from rempart.domain.birth_dates import BirthDate
from rempart.domain.errors import RempartError
from rempart.domain.identifiers import AmcNumber, Nir, alias_message, nir_key
from rempart.domain.rights import Domain, RightsQuestion
from rempart.keyring.bulk import BulkKeyring
from rempart.keyring.client import Keyring
from rempart.security.gate import Door
from rempart.security.principals import ProvenCaller
from rempart.settings import Settings
from tests.support.world import Insurer, Right, Session, World, digest

COPY_PEOPLE = "copy members.people (person_id, insurer_id, reference_digest, card_digest) from stdin"
BORN_ON = BirthDate.parse("19850512")

_numbers = count(1)


def made_up_nir() -> Nir:
    """Make a NIR that nobody else of this run has."""
    number = next(_numbers)
    written = f"28505{1 + number // 899_000:02d}{100 + number // 899 % 890:03d}{101 + number % 899:03d}"
    return Nir.parse(f"{written}{nir_key(written):02d}")


def caller(session: Session, **changes: Any) -> ProvenCaller:
    """Prove a session's key, freshly."""
    proven = ProvenCaller(
        token_digest=session.token,
        key_thumbprint=session.thumbprint,
        proof_digest=digest(secrets.token_hex(16)),
        proof_at=int(time.time()),
        nonce=session.nonce,
    )
    return replace(proven, **changes)


@dataclass
class Village:
    """An insurer and those whom it knows by their NIR."""

    world: World
    settings: Settings
    insurer: Insurer

    def settle(self, number: int, *rights: Right) -> list[Nir]:
        """Let the insurer know so many people who have these rights (open ones, if none is given)."""
        nirs = [made_up_nir() for _ in range(number)]
        with BulkKeyring(self.settings) as keyring:
            aliases = keyring.index(self.insurer.amc, [alias_message(nir, BORN_ON, 1) for nir in nirs])
        first = self.world.one(
            "select nextval('members.people_person_id_seq') + 0 * setval('members.people_person_id_seq',"
            " currval('members.people_person_id_seq') + %s)",
            number,
        )
        people = range(first, first + number)
        with self.world.owner.cursor() as cursor:
            with cursor.copy(COPY_PEOPLE) as copy:
                for person_id in people:
                    copy.write_row(
                        (
                            person_id,
                            self.insurer.insurer_id,
                            digest(person_id)[:16],
                            digest("card", person_id),
                        )
                    )
            with cursor.copy("copy members.aliases (alias_digest, person_id, insurer_id) from stdin") as copy:
                for person_id, alias in zip(people, aliases, strict=True):
                    copy.write_row((alias, person_id, self.insurer.insurer_id))
        for right in rights or (Right(),):
            self.world.do(
                """
                insert into members.rights
                select p, sha256(int8send(p)), %s, %s, %s, %s, %s, %s, %s, %s, 1, now()
                from generate_series(%s::bigint, %s::bigint) as p
                """,
                right.opens_on, right.ends_on, right.coverage_rank, right.situation, right.domains,
                right.domains_without_tp, right.waiting_domains, right.waiting_until, people[0], people[-1],
            )  # fmt: skip
        return nirs

    def question(self, nir: Nir, **changes: Any) -> RightsQuestion:
        """Ask about somebody."""
        asked = RightsQuestion(
            amc_number=AmcNumber(self.insurer.amc),
            nir=nir,
            birth_date=BORN_ON,
            birth_rank=1,
            domain=Domain.PHAR,
        )
        return replace(asked, **changes)


async def found_village(world: World, settings: Settings) -> Village:
    """Make an insurer and its keys."""
    insurer = world.insurer()
    keyring = await Keyring.connect(settings, "operator")
    await keyring.create_insurer(insurer.amc)
    await keyring.close()
    return Village(world, settings, insurer)


def sha256_of(text: str) -> bytes:
    """Digest a text as the door does."""
    return hashlib.sha256(text.encode()).digest()


async def quietly(door: Door, question: tuple[object, object]) -> object:
    """Ask, and give the error that is raised as the answer."""
    try:
        return await door.ask(*question)  # type: ignore[arg-type]
    except RempartError as error:
        return error
