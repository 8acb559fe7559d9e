"""Letters reach a real mail server over TLS, say what they are, and take no address into a log when they are refused."""

from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from rempart.adapters.mail import Letter, LetterNotSent, SmtpLetterbox, open_letterbox
from rempart.settings import Settings, SmtpServer, read_settings
from tests.support.mail import Pair, certificate_for_localhost, post_office

LETTER = Letter(
    "8b0c", "claire.fontaine@example.org", "Une clé d’accès de plus", "Bonjour,\n\nÇa va\u202f?\n"
)
SENDER = "Rempart <rempart@tiers-payant.example>"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return certificate_for_localhost(tmp_path_factory.mktemp("tls"))


def settings_for(url: str, **more: str) -> Settings:
    return read_settings({"REMPART_SMTP_URL": url, "REMPART_MAIL_FROM": SENDER} | more)


async def test_a_letter_arrives_as_it_was_written() -> None:
    with post_office() as office:
        await open_letterbox(settings_for(f"smtp://127.0.0.1:{office.port}")).send(LETTER)
    (letter,) = office.letters
    assert (letter["To"], letter["Subject"]) == (LETTER.to, LETTER.subject)
    assert letter["From"] == SENDER
    assert letter["Message-ID"] == "<8b0c@tiers-payant.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime.tzinfo is not None
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text


@pytest.mark.parametrize("from_the_start", [True, False])
async def test_a_letter_goes_over_tls_with_a_password(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_the_start: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pair.certificate))
    (tmp_path / "password").write_text("sésame-42\n")
    password = {"REMPART_SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    scheme = "smtps" if from_the_start else "smtp"
    with post_office(tls=pair, password="sésame-42", from_the_start=from_the_start) as office:
        settings = settings_for(f"{scheme}://rempart@127.0.0.1:{office.port}", **password)
        letterbox = open_letterbox(settings)
        if not from_the_start:
            letterbox = as_if_far_away(letterbox)
        await letterbox.send(LETTER)
        (tmp_path / "password").write_text("autre")
        with pytest.raises(LetterNotSent):
            await open_letterbox(settings).send(LETTER)
    assert len(office.letters) == 1


def as_if_far_away(letterbox: object) -> SmtpLetterbox:
    """Reach this machine by a name that is not taken for this machine's."""
    assert isinstance(letterbox, SmtpLetterbox)
    far = type("FarServer", (SmtpServer,), {"is_on_this_machine": False, "__slots__": ()})
    server = letterbox.server
    return replace(letterbox, server=far(server.host, server.port, server.user, server.is_tls_from_the_start))


async def test_nothing_goes_in_the_clear_to_another_machine() -> None:
    with post_office() as office:  # it offers no STARTTLS
        letterbox = as_if_far_away(open_letterbox(settings_for(f"smtp://127.0.0.1:{office.port}")))
        with pytest.raises(LetterNotSent):
            await letterbox.send(LETTER)
    assert office.letters == []


async def test_a_server_that_nobody_vouches_for_gets_no_letter(pair: Pair) -> None:
    with post_office(tls=pair) as office:
        letterbox = as_if_far_away(open_letterbox(settings_for(f"smtp://127.0.0.1:{office.port}")))
        with pytest.raises(LetterNotSent):
            await letterbox.send(LETTER)
    assert office.letters == []


async def test_a_refusal_says_its_number_and_no_address() -> None:
    with post_office() as office:
        office.refuses = "550 no such user"
        with pytest.raises(LetterNotSent) as refusal:
            await open_letterbox(settings_for(f"smtp://127.0.0.1:{office.port}")).send(LETTER)
    assert refusal.value.reply == 550
    assert refusal.value.__suppress_context__
    assert "claire" not in repr(refusal.value)


async def test_a_server_that_is_not_there_takes_no_letter() -> None:
    with pytest.raises(LetterNotSent):
        await open_letterbox(settings_for("smtp://127.0.0.1:9")).send(LETTER)


async def test_a_sandbox_without_a_server_writes_its_letters_down(tmp_path: Path) -> None:
    settings = replace(read_settings({"REMPART_ENVIRONMENT": "sandbox"}), runtime=tmp_path)
    settings.mail_home.mkdir()
    await open_letterbox(settings).send(LETTER)
    await open_letterbox(settings).send(LETTER)  # the same letter again is the same file
    (file,) = settings.mail_home.iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o077 == 0
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (letter["To"], letter["Subject"]) == (LETTER.to, LETTER.subject)


async def test_a_production_without_a_server_sends_nothing_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(LetterNotSent):
        await open_letterbox(read_settings({"REMPART_HOME": str(tmp_path)})).send(LETTER)
