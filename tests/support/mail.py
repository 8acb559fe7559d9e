"""A real mail server for tests: aiosmtpd, on a port of its own, with TLS and a password or without.

with post_office() as office:               # on this machine, in the clear
with post_office(tls=pair, password="…"):   # STARTTLS and LOGIN required, by a certificate of a test's own authority
office.letters                              # what it took, as email.message.EmailMessage
"""

import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from rempart.adapters.mail import open_letterbox
from rempart.operations.notices import tasks, worker
from rempart.settings import Settings
from rempart.store.connections import Connections


@dataclass
class PostOffice:
    """What a server took, and how it answers."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""
    """A reply to every recipient, such as "550 no such user"."""

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses:
            return f"{self.refuses} <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(message)
        return "250 taken"

    def subjects(self) -> list[tuple[str, str]]:
        """Say to whom each letter went, and its subject, in order of address."""
        return sorted((str(letter["To"]), str(letter["Subject"])) for letter in self.letters)

    def words(self) -> str:
        """The words of the only letter."""
        (letter,) = self.letters
        return str(letter.get_content())


@dataclass(frozen=True)
class Pair:
    """A certificate for localhost that signs itself, and its key."""

    certificate: Path
    key: Path


@contextmanager
def post_office(
    *, tls: Pair | None = None, password: str = "", from_the_start: bool = False
) -> Iterator[PostOffice]:
    """Run a mail server for the time of the block."""
    office = PostOffice(_free_port())
    options: dict[str, Any] = {}
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        options |= (
            {"ssl_context": context} if from_the_start else {"tls_context": context, "require_starttls": True}
        )
    if password:
        options |= {
            "authenticator": _only(password),
            "auth_required": not from_the_start,
            "auth_require_tls": not from_the_start,
        }
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


async def deliver(settings: Settings, office: PostOffice) -> None:
    """Have the worker send what is owed, to this server."""
    posted = replace(settings, smtp_url=f"smtp://127.0.0.1:{office.port}", mail_from="rempart@example.org")
    async with Connections(settings, "worker", 2) as connections:
        queue = worker.open_queue(settings)
        tasks.add_tasks(queue, open_letterbox(posted), connections)
        async with queue.open_async():
            await queue.run_worker_async(wait=False, install_signal_handlers=False)


def _free_port() -> int:
    with socket.socket() as probe:  # aiosmtpd knocks at the port that it was given, so it must be told one
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _only(password: str) -> Any:
    def judge(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
    ) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given.password == password.encode()
        return AuthResult(success=is_right, handled=False)

    return judge


def certificate_for_localhost(folder: Path) -> Pair:
    """Make a certificate that a client trusts only if it is told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(folder / "certificate.pem", folder / "key.pem")
    pair.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pair
