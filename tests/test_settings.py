"""Settings mean something safe when absent, and are refused when they mean nothing."""

import os
from pathlib import Path

import pytest

from rempart.settings import SOCKET_PATH_MAX_BYTES, SmtpServer, read_settings


def test_an_empty_environment_is_a_production_that_listens_to_this_machine_alone() -> None:
    settings = read_settings({})
    assert settings.environment == "production"
    assert not settings.is_sandbox
    assert settings.host == "127.0.0.1"
    assert settings.is_database_embedded
    assert settings.keyring_backend == "file"


def test_the_faces_follow_the_first_port() -> None:
    settings = read_settings({"REMPART_PORT": "9000"})
    assert (
        settings.fhir_url,
        settings.identity_url,
        settings.portal_url,
        settings.console_url,
        settings.counter_url,
        settings.status_url,
        settings.test_provider_url,
        settings.test_insurer_url,
    ) == tuple(f"http://localhost:{port}" for port in (9000, 9001, 9002, 9003, 9004, 9005, 9009, 9008))


def test_passkeys_are_bound_to_the_host_of_the_portal_unless_said_otherwise() -> None:
    assert read_settings({}).passkey_host == "localhost"
    alone = read_settings({"REMPART_PORTAL_URL": "https://portail.exemple.fr"})
    assert (alone.passkey_host, alone.counter_url) == (
        "portail.exemple.fr",
        "https://portail.exemple.fr:8404",
    )
    both = {
        "REMPART_PORTAL_URL": "https://portail.exemple.fr",
        "REMPART_COUNTER_URL": "https://comptoir.exemple.fr/",
    }
    with pytest.raises(SystemExit, match="REMPART_COUNTER_URL"):
        read_settings(both)
    together = read_settings(both | {"REMPART_PASSKEY_HOST": "exemple.fr"})
    assert (together.passkey_host, together.counter_url) == ("exemple.fr", "https://comptoir.exemple.fr")


def test_operators_keys_are_bound_to_the_consoles_own_host() -> None:
    apart = {
        "REMPART_PORTAL_URL": "https://portail.exemple.fr",
        "REMPART_CONSOLE_URL": "https://console.interne.fr/",
    }
    settings = read_settings(apart)
    assert (settings.console_url, settings.console_passkey_host) == (
        "https://console.interne.fr",
        "console.interne.fr",
    )
    assert settings.passkey_host == "portail.exemple.fr"
    above = read_settings(apart | {"REMPART_CONSOLE_PASSKEY_HOST": "interne.fr"})
    assert above.console_passkey_host == "interne.fr"
    for host in ("fr", "exemple.fr", "terne.fr", "x.console.interne.fr"):
        with pytest.raises(SystemExit, match="REMPART_CONSOLE_PASSKEY_HOST"):
            read_settings(apart | {"REMPART_CONSOLE_PASSKEY_HOST": host})


@pytest.mark.parametrize("host", ["fr", "autre.fr", "xemple.fr", "comptoir.exemple.fr"])
def test_a_host_where_the_portals_passkeys_are_not_good_is_refused(host: str) -> None:
    with pytest.raises(SystemExit, match="REMPART_PASSKEY_HOST"):
        read_settings({"REMPART_PORTAL_URL": "https://portail.exemple.fr", "REMPART_PASSKEY_HOST": host})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REMPART_ENVIRONMENT", "staging"),
        ("REMPART_ENVIRONMENT", "Sandbox"),
        ("REMPART_PORT", "http"),
        ("REMPART_PORT", "0"),
        ("REMPART_PORT", "65536"),
        ("REMPART_PORT", "-1"),
        ("REMPART_FHIR_WORKERS", "0"),
        ("REMPART_FHIR_WORKERS", "many"),
        ("REMPART_KEYRING", "vault"),
        ("REMPART_SMTP_URL", "mail.example"),
        ("REMPART_SMTP_URL", "http://mail.example"),
        ("REMPART_SMTP_URL", "smtp://mail.example:many"),
        ("REMPART_SMTP_URL", "smtp://rempart:password@mail.example"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(SystemExit, match=name):
        read_settings({name: text})


def test_an_empty_variable_is_an_absent_one() -> None:
    names = [name for name in read_settings({}).as_environ() if name != "REMPART_HOME"]
    assert read_settings(dict.fromkeys(names, "")) == read_settings({})


def test_settings_said_as_an_environment_are_read_as_the_same_settings(tmp_path: Path) -> None:
    chosen = {
        "REMPART_ENVIRONMENT": "drill",
        "REMPART_HOME": str(tmp_path / "home"),
        "REMPART_DATABASE_NAME": "other",
        "REMPART_PORT": "9000",
        "REMPART_FHIR_WORKERS": "3",
        "REMPART_PORTAL_URL": "https://portail.example",
        "REMPART_KEYRING": "pkcs11",
        "REMPART_KEYRING_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "REMPART_PKCS11_MODULE": "/usr/lib/device.so",
        "REMPART_PKCS11_PIN_FILE": str(tmp_path / "pin"),
        "REMPART_SMTP_URL": "smtps://rempart@mail.example",
        "REMPART_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
        "REMPART_MAIL_FROM": "Rempart <rempart@example.org>",
    }
    settings = read_settings(chosen)
    assert read_settings(settings.as_environ()) == settings


def test_a_mail_server_needs_a_sender() -> None:
    with pytest.raises(SystemExit, match="REMPART_MAIL_FROM"):
        read_settings({"REMPART_SMTP_URL": "smtp://mail.example"})


def test_the_scheme_of_a_mail_server_says_when_tls_begins() -> None:
    sender = {"REMPART_MAIL_FROM": "rempart@example.org"}
    later = read_settings({"REMPART_SMTP_URL": "smtp://rempart%40example.org@mail.example"} | sender).smtp
    first = read_settings({"REMPART_SMTP_URL": "smtps://mail.example:4650"} | sender).smtp
    assert later == SmtpServer("mail.example", 587, "rempart@example.org", is_tls_from_the_start=False)
    assert first == SmtpServer("mail.example", 4650, "", is_tls_from_the_start=True)


def test_a_database_of_somebody_elses_keeps_its_own_name() -> None:
    assert (
        read_settings({"REMPART_DATABASE_URL": "postgresql://admin@db.example/platform"}).database_name == ""
    )


@pytest.mark.parametrize("depth", [1, 3, 6, 12, 30])
def test_every_socket_has_an_address_that_the_kernel_takes(tmp_path: Path, depth: int) -> None:
    settings = read_settings({"REMPART_HOME": str(tmp_path.joinpath(*["directory"] * depth))})
    for path in (settings.keyring_socket("identity"), settings.postgres_sockets / ".s.PGSQL.5432"):
        assert len(os.fsencode(path)) <= SOCKET_PATH_MAX_BYTES


def test_two_homes_never_share_a_directory_of_sockets(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["directory"] * 30)
    one, other = (read_settings({"REMPART_HOME": str(deep / name)}).sockets for name in ("one", "other"))
    assert one != other
