"""A running keyring and FHIR face on a database with one family, and judges for what they answer.

answer = desk.ask(question(NADIA, desk.insurer.amc))     one question over HTTP, with a fresh proof
desk.send(...)                                           the same, any part of the HTTP request made wrong
judge(answer, …)                                         fails unless both validators accept each of them
"""

import http.client
import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import fhirkit
import pytest

from rempart.domain.birth_dates import BirthDate
from rempart.domain.identifiers import Nir, alias_message
from rempart.domain.trace import receipt_id_of
from rempart.faces.fhir.submit import PATH
from rempart.keyring.bulk import BulkKeyring
from rempart.keyring.client import Keyring
from rempart.settings import Settings
from tests.faces.fhir.requests import AMINA, HUGO, NADIA, ZOE, Resource, Traits
from tests.support.database import Database
from tests.support.platform import Running, processes
from tests.support.programs import NODE_TESTS, node
from tests.support.proofs import ClientKey
from tests.support.world import Account, Insurer, Right, Session, World

CARD_SECRET = "ABCDEFGHIJKLMNOP"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of the face."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def resource(self) -> Resource:
        return dict(json.loads(self.body))

    @property
    def code(self) -> str:
        """The public code of a refusal or of a negative answer."""
        resource = self.resource
        if resource["resourceType"] == "OperationOutcome":
            return str(resource["issue"][0]["details"]["coding"][0]["code"])
        return str(resource["error"][0]["code"]["coding"][0]["code"]) if "error" in resource else "open"

    @property
    def place(self) -> str:
        """Where in the request a refusal found the defect."""
        return str(self.resource["issue"][0].get("expression", [""])[0])

    def extension(self, name: str) -> Any:
        """Give the value of one of our extensions, or None."""
        for extension in self.resource.get("extension", ()):
            if extension["url"].endswith(f"/StructureDefinition/{name}"):
                return next(content for key, content in extension.items() if key.startswith("value"))
        return None

    @property
    def trace(self) -> str | None:
        resource = self.resource
        if resource["resourceType"] == "OperationOutcome":
            found = self.extension("trace")
            return None if found is None else str(found)
        return str(resource["identifier"][0]["value"])


@dataclass
class Software:
    """A session of a software, as its owner holds it: the token, the key, the account behind it."""

    token: str
    key: ClientKey
    account: Account
    session: Session


@dataclass
class Desk:
    """A pharmacist's software, an insurer and a family that it knows."""

    world: World
    running: Running
    insurer: Insurer
    software: Software
    people: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.running.settings.fhir_url}{PATH}"

    def open_software(self, account: Account | None = None) -> Software:
        """Open a session for an account (a new pharmacist's, if none is given)."""
        token, key = secrets.token_urlsafe(32), ClientKey()
        account = account or self.world.account("pharmacist")
        session = Session(
            "fhir", sha256(token.encode()).digest(), key.thumbprint, account, self.world.software()
        )
        self.world.keep(session)
        return Software(token, key, account, session)

    def ask(self, request: Resource, software: Software | None = None, **headers: str) -> Answer:
        """Send a question with a fresh proof."""
        named = {name.replace("_", "-"): content for name, content in headers.items()}
        return self.send(json.dumps(request).encode(), software, headers=named)

    def send(
        self,
        body: bytes,
        software: Software | None = None,
        *,
        headers: dict[str, str] | None = None,
        method: str = "POST",
        path: str = PATH,
        **claims: Any,
    ) -> Answer:
        """Send any request; headers given as empty text are left out."""
        holder = software or self.software
        written = {
            "Content-Type": "application/fhir+json",
            **holder.key.headers("POST", self.url, holder.token, **claims),
            **(headers or {}),
        }
        return self.exchange(method, path, body, {name: text for name, text in written.items() if text})

    def exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Exchange one HTTP request for its answer."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            told = {name.lower(): content for name, content in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    def receipt(self, trace: str) -> dict[str, Any]:
        """Read the receipt of a trace number."""
        found = self.world.owner.execute(
            "select row_to_json(r) from evidence.receipts as r where r.receipt_id = %s",
            (receipt_id_of(trace),),
        ).fetchone()
        assert found is not None, "an answer left without its receipt"
        return dict(found[0])

    def receipts(self) -> int:
        """Count the receipts."""
        return int(self.world.one("select count(*) from evidence.receipts"))

    def know(self, traits: Traits, *rights: Right, insurer: Insurer | None = None) -> None:
        """Let the insurer know somebody, under the digest that the keyring gives."""
        insurer = insurer or self.insurer
        person = self.world.person(traits.given_name, insurer, *rights)
        message = alias_message(Nir.parse(traits.nir), BirthDate.parse(traits.birth_date), traits.birth_rank)
        with BulkKeyring(self.running.settings) as keyring:
            (alias,) = keyring.index(insurer.amc, [message])
        self.world.do(
            "insert into members.aliases (alias_digest, person_id, insurer_id) values (%s, %s, %s)",
            alias, person.person_id, insurer.insurer_id,
        )  # fmt: skip
        self.world.do(
            "update members.people set card_digest = %s where person_id = %s",
            sha256(CARD_SECRET.encode()).digest(), person.person_id,
        )  # fmt: skip
        self.people[traits.given_name] = person.person_id or 0


async def make_keys(settings: Settings, amc_number: str) -> None:
    """Make an insurer's keys, as the operator does."""
    keyring = await Keyring.connect(settings, "operator")
    await keyring.create([f"index/{amc_number}", f"data/{amc_number}"])
    await keyring.close()


@pytest.fixture(scope="module")
def running(database: Database) -> Iterator[Running]:
    """Run a keyring and the FHIR face."""
    with processes(database.settings, "keyring", "fhir", REMPART_FHIR_WORKERS="1") as started:
        yield started


@pytest.fixture
async def desk(world: World, running: Running) -> Desk:
    """Give an insurer that knows the family, and a pharmacist's software."""
    insurer = world.insurer()
    await make_keys(running.settings, insurer.amc)
    made = Desk(world, running, insurer, None)  # type: ignore[arg-type]  # the next line opens it
    made.software = made.open_software()
    for traits in (NADIA, ZOE, HUGO, AMINA):
        made.know(traits)
    return made


def judge(*answers: Answer) -> None:
    """Fail unless fhirkit and Medplum's validator both accept each answer, without even a warning."""
    for answer in answers:
        assert [str(issue) for issue in fhirkit.validate(answer.body)] == []
        assert _MEDPLUM.issues_of(answer.body) == [], answer.body


class _Medplum:
    """Medplum's validator, started once a run: it takes a second to read its definitions."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def issues_of(self, body: bytes) -> list[Any]:
        """Ask for the issues of one resource."""
        if self._process is None:
            command = [node(), str(NODE_TESTS / "fhir_judge.mjs")]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=NODE_TESTS)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(body + b"\n")
        self._process.stdin.flush()
        return list(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """Let it end."""
        if self._process is not None:
            self._process.communicate(timeout=10)


_MEDPLUM = _Medplum()


@pytest.fixture(scope="session", autouse=True)
def _medplum_ends_with_the_run() -> Iterator[None]:
    yield
    _MEDPLUM.close()
