"""Letters leave here: by SMTP, or into a folder where there is no server.

Only professionals and those who run the platform are written to: no address of an insured person is kept anywhere. A letter
is plain text, says by its headers that a machine wrote it, and bears a Message-ID that was given to it when it was owed, so
that one that had to be sent again is the same letter. Never: log or raise an address; an SMTP server's refusal quotes it.

Sources: RFC 5322 (letters), RFC 3834 (letters written by machines), RFC 3207 (STARTTLS), RFC 8314 (TLS from the first byte).
"""

import os
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

import aiosmtplib

from rempart.adapters import clock
from rempart.limits import SMTP_TIMEOUT_S
from rempart.settings import Settings, SmtpServer


class LetterNotSent(Exception):
    """The mail server did not take a letter, or there is none; the number is the server's reply, 0 if it gave none."""

    def __init__(self, reply: int = 0) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one professional; `letter_id` is the same each time that the same letter is sent."""

    letter_id: str
    to: str
    subject: str
    text: str


class Letterbox(Protocol):
    """Where letters are dropped."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter over; when this returns, somebody else answers for it. Raises: LetterNotSent."""


@dataclass(frozen=True, slots=True)
class SmtpLetterbox:
    """A mail server, and how to prove to it who we are."""

    server: SmtpServer
    password: str
    sender: str
    trust: ssl.SSLContext

    async def send(self, letter: Letter) -> None:
        """Send a letter; over TLS, unless the server is on this machine."""
        try:
            await aiosmtplib.send(
                written(letter, self.sender),
                hostname=self.server.host,
                port=self.server.port,
                username=self.server.user or None,
                password=self.password or None,
                use_tls=self.server.is_tls_from_the_start,
                start_tls=not (self.server.is_tls_from_the_start or self.server.is_on_this_machine),
                tls_context=self.trust,
                timeout=SMTP_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise LetterNotSent(error.recipients[0].code) from None
        except aiosmtplib.SMTPResponseException as error:
            raise LetterNotSent(error.code) from None
        except (aiosmtplib.SMTPException, OSError, ValueError):
            raise LetterNotSent from None


@dataclass(frozen=True, slots=True)
class FolderLetterbox:
    """A folder of .eml files, which a mail program opens: what a sandbox without a mail server does."""

    folder: Path
    sender: str

    async def send(self, letter: Letter) -> None:
        """Write a letter down, whole or not at all."""
        draft = self.folder / f".{letter.letter_id}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(written(letter, self.sender).as_bytes())
            draft.rename(self.folder / f"{letter.letter_id}.eml")
        except OSError:
            raise LetterNotSent from None


class NoLetterbox:
    """No mail server in a platform that is no sandbox: every letter waits as a job, and is seen there."""

    async def send(self, letter: Letter) -> None:  # noqa: ARG002 (none is sent)
        """Refuse."""
        raise LetterNotSent


def open_letterbox(settings: Settings) -> Letterbox:
    """Choose where letters go; read the password and the authorities that are trusted, which later may be out of reach."""
    if settings.smtp is None:
        return (
            FolderLetterbox(settings.mail_home, settings.mail_from) if settings.is_sandbox else NoLetterbox()
        )
    password = settings.smtp_password_file.read_text().strip() if settings.smtp_password_file else ""
    return SmtpLetterbox(settings.smtp, password, settings.mail_from, ssl.create_default_context())


def written(letter: Letter, sender: str) -> EmailMessage:
    """Write a letter as it travels."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{letter.letter_id}@{sender.rpartition('@')[2].rstrip('> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "fr"
    message.set_content(letter.text, cte="quoted-printable")
    return message
