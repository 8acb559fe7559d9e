"""The settings of one process, read once from the environment; what is absent has a safe meaning.

Never read the environment elsewhere: a setting that is not here does not exist.
`docs/reference/settings.md` lists them. This file also says where each file of a running platform lies, so
that no two processes disagree.
"""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

ENVIRONMENTS = ("production", "sandbox", "drill")
KEYRING_BACKENDS = ("file", "pkcs11")

RELOCATED_HOMES = Path("/var/lib/rempart")
"""Where the runtime files go when root starts a platform whose home lies in a directory closed to others."""

SOCKET_PATH_MAX_BYTES = 107
"""The length of a unix socket's address on Linux (unix(7): 108 bytes with the closing zero)."""

SYSTEM_GROUP = "rempart"
"""The group of all the platform's system users: who is in it may knock at the database's socket."""

SYSTEM_USER_OF_ROLE = {
    "owner": "rempart-db",
    "fhir": "rempart-fhir",
    "identity": "rempart-identity",
    "portal": "rempart-portal",
    "counter": "rempart-counter",
    "console": "rempart-console",
    "public": "rempart-public",
    "keyring": "rempart-keyring",
    "feeds": "rempart-feeds",
    "worker": "rempart-worker",
    "channel": "rempart-worker",
    "test-provider": "rempart-testidp",
    "test-insurer": "rempart-testamc",
}
"""Who a process started as root becomes; a role that is not here (the operator) belongs to the caller."""

_LONGEST_SOCKET = "/keyring/identity/keyring.sock"

_SMTP_PORTS = {"smtp": 587, "smtps": 465}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server; without TLS from the first byte, STARTTLS is required of every one but this machine's."""

    host: str
    port: int
    user: str
    is_tls_from_the_start: bool

    @property
    def is_on_this_machine(self) -> bool:
        """Whether nothing that is sent to it leaves the machine."""
        return self.host in _THIS_MACHINE


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this platform keeps its files, which database it uses, and under which addresses it is known.

    `home` is what the operator named. `runtime` is where the files shared by the processes lie: the same
    directory, unless their system users could not reach it. `sockets` is the directory of the unix sockets.
    """

    environment: str
    home: Path
    runtime: Path
    sockets: Path
    database_url: str
    database_name: str
    host: str
    port: int
    fhir_workers: int
    fhir_url: str
    identity_url: str
    portal_url: str
    counter_url: str
    status_url: str
    console_url: str
    passkey_host: str
    console_passkey_host: str
    test_provider_url: str
    test_insurer_url: str
    psc_issuer: str
    psc_client_id: str
    psc_secret_file: Path | None
    psc_key_file: Path | None
    keyring_backend: str
    keyring_passphrase_file: Path | None
    pkcs11_module: str
    pkcs11_token: str
    pkcs11_pin_file: Path | None
    smtp_url: str
    smtp_password_file: Path | None
    mail_from: str

    def as_environ(self) -> dict[str, str]:
        """Say these settings as environment variables, for another process of this platform."""
        return {
            "REMPART_ENVIRONMENT": self.environment,
            "REMPART_HOME": str(self.home),
            "REMPART_DATABASE_URL": self.database_url,
            "REMPART_DATABASE_NAME": self.database_name,
            "REMPART_HOST": self.host,
            "REMPART_PORT": str(self.port),
            "REMPART_FHIR_WORKERS": str(self.fhir_workers),
            "REMPART_FHIR_URL": self.fhir_url,
            "REMPART_IDENTITY_URL": self.identity_url,
            "REMPART_PORTAL_URL": self.portal_url,
            "REMPART_COUNTER_URL": self.counter_url,
            "REMPART_STATUS_URL": self.status_url,
            "REMPART_CONSOLE_URL": self.console_url,
            "REMPART_PASSKEY_HOST": self.passkey_host,
            "REMPART_CONSOLE_PASSKEY_HOST": self.console_passkey_host,
            "REMPART_TEST_PROVIDER_URL": self.test_provider_url,
            "REMPART_TEST_INSURER_URL": self.test_insurer_url,
            "REMPART_PSC_ISSUER": self.psc_issuer,
            "REMPART_PSC_CLIENT_ID": self.psc_client_id,
            "REMPART_PSC_SECRET_FILE": str(self.psc_secret_file or ""),
            "REMPART_PSC_KEY_FILE": str(self.psc_key_file or ""),
            "REMPART_KEYRING": self.keyring_backend,
            "REMPART_KEYRING_PASSPHRASE_FILE": str(self.keyring_passphrase_file or ""),
            "REMPART_PKCS11_MODULE": self.pkcs11_module,
            "REMPART_PKCS11_TOKEN": self.pkcs11_token,
            "REMPART_PKCS11_PIN_FILE": str(self.pkcs11_pin_file or ""),
            "REMPART_SMTP_URL": self.smtp_url,
            "REMPART_SMTP_PASSWORD_FILE": str(self.smtp_password_file or ""),
            "REMPART_MAIL_FROM": self.mail_from,
        }

    @property
    def is_sandbox(self) -> bool:
        """Whether this process may show test-only things; the database has the last word."""
        return self.environment == "sandbox"

    @property
    def psc_address(self) -> str:
        """The issuer of Pro Santé Connect, a sandbox's own provider where none is named; empty: nobody signs in that way."""
        return self.psc_issuer or (self.test_provider_url.rstrip("/") if self.is_sandbox else "")

    @property
    def is_database_embedded(self) -> bool:
        """Whether the platform runs its own PostgreSQL."""
        return not self.database_url

    @property
    def smtp(self) -> SmtpServer | None:
        """The mail server, if there is one."""
        return _smtp_server(self.smtp_url)

    @property
    def mail_home(self) -> Path:
        """The folder of the letters of a sandbox that has no mail server."""
        return self.runtime / "mail"

    @property
    def postgres_home(self) -> Path:
        """The data directory of the embedded PostgreSQL."""
        return self.runtime / "postgres"

    @property
    def postgres_sockets(self) -> Path:
        """The directory of the embedded PostgreSQL's socket."""
        return self.sockets / "postgres"

    @property
    def secrets_home(self) -> Path:
        """The directory of the database passwords, one file per role; empty with the embedded database."""
        return self.runtime / "secrets"

    @property
    def keyring_home(self) -> Path:
        """The directory of the sealed keys and of the log of openings."""
        return self.runtime / "keyring"

    @property
    def logs_home(self) -> Path:
        """The directory of the embedded PostgreSQL's log."""
        return self.runtime / "log"

    def keyring_socket(self, role: str) -> Path:
        """The socket through which one role speaks to the keyring."""
        return self.sockets / "keyring" / role / "keyring.sock"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; refuse at once what cannot be meant."""
    port = _number(environ, "REMPART_PORT", 8400, 1, 65_500)
    home = Path(environ.get("REMPART_HOME") or "var").absolute()
    runtime = _runtime_home(home)
    database_url = environ.get("REMPART_DATABASE_URL", "")
    portal_url = (environ.get("REMPART_PORTAL_URL") or f"http://localhost:{port + 2}").rstrip("/")
    counter_url = (environ.get("REMPART_COUNTER_URL") or _beside(portal_url, port + 4)).rstrip("/")
    console_url = (environ.get("REMPART_CONSOLE_URL") or f"http://localhost:{port + 3}").rstrip("/")
    environment = _choice(environ, "REMPART_ENVIRONMENT", "production", ENVIRONMENTS)
    _refuse_half_a_psc(environ, environment)
    return Settings(
        environment=environment,
        home=home,
        runtime=runtime,
        sockets=_socket_home(runtime),
        database_url=database_url,
        database_name=environ.get("REMPART_DATABASE_NAME") or ("" if database_url else "rempart"),
        host=environ.get("REMPART_HOST") or "127.0.0.1",
        port=port,
        fhir_workers=_number(environ, "REMPART_FHIR_WORKERS", 2, 1, 64),
        fhir_url=environ.get("REMPART_FHIR_URL") or f"http://localhost:{port}",
        identity_url=environ.get("REMPART_IDENTITY_URL") or f"http://localhost:{port + 1}",
        portal_url=portal_url,
        counter_url=counter_url,
        status_url=(environ.get("REMPART_STATUS_URL") or _beside(portal_url, port + 5)).rstrip("/"),
        console_url=console_url,
        passkey_host=_passkey_host(environ, portal_url, counter_url),
        console_passkey_host=_console_passkey_host(environ, console_url),
        test_provider_url=environ.get("REMPART_TEST_PROVIDER_URL") or f"http://localhost:{port + 9}",
        test_insurer_url=environ.get("REMPART_TEST_INSURER_URL") or f"http://localhost:{port + 8}",
        psc_issuer=environ.get("REMPART_PSC_ISSUER", ""),
        psc_client_id=environ.get("REMPART_PSC_CLIENT_ID", ""),
        psc_secret_file=_path(environ, "REMPART_PSC_SECRET_FILE"),
        psc_key_file=_path(environ, "REMPART_PSC_KEY_FILE"),
        keyring_backend=_choice(environ, "REMPART_KEYRING", "file", KEYRING_BACKENDS),
        keyring_passphrase_file=_path(environ, "REMPART_KEYRING_PASSPHRASE_FILE"),
        pkcs11_module=environ.get("REMPART_PKCS11_MODULE", ""),
        pkcs11_token=environ.get("REMPART_PKCS11_TOKEN") or "rempart",
        pkcs11_pin_file=_path(environ, "REMPART_PKCS11_PIN_FILE"),
        smtp_url=_checked_smtp(environ),
        smtp_password_file=_path(environ, "REMPART_SMTP_PASSWORD_FILE"),
        mail_from=environ.get("REMPART_MAIL_FROM") or "rempart@localhost",
    )


def is_open_to_others(directory: Path) -> bool:
    """Whether any user of the machine can cross every existing directory on the way, itself included."""
    return all(
        step.stat().st_mode & stat.S_IXOTH for step in (directory, *directory.parents) if step.exists()
    )


def _runtime_home(home: Path) -> Path:
    link = home / "runtime"
    if link.is_symlink():
        return link.readlink()
    if os.geteuid() == 0 and not is_open_to_others(home):
        return RELOCATED_HOMES / _digest(home)
    return home


def _socket_home(runtime: Path) -> Path:
    home = runtime / "run"
    if len(os.fsencode(f"{home}{_LONGEST_SOCKET}")) <= SOCKET_PATH_MAX_BYTES:
        return home
    if os.geteuid() == 0:
        return Path("/run") / f"rempart-{_digest(runtime)}"
    return Path("/tmp") / f"rempart-{os.geteuid()}-{_digest(runtime)}"  # noqa: S108 (made 0700 and checked before use)


def _beside(url: str, port: int) -> str:
    """Name a face on another port of the same host: another origin, for which the same passkeys are good."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _passkey_host(environ: Mapping[str, str], portal_url: str, counter_url: str) -> str:
    """Choose the host that passkeys are bound to; refuse one under which the portal or the counter could not use them."""
    chosen = (environ.get("REMPART_PASSKEY_HOST") or urlsplit(portal_url).hostname or "").lower()
    for name, url in (("REMPART_PORTAL_URL", portal_url), ("REMPART_COUNTER_URL", counter_url)):
        host = urlsplit(url).hostname or ""
        if host != chosen and not ("." in chosen and host.endswith(f".{chosen}")):
            raise SystemExit(
                f"{name} is {url!r}, where passkeys of {chosen!r} are not good: set REMPART_PASSKEY_HOST to the domain "
                "that the portal and the counter have in common"
            )
    return chosen


def _checked_smtp(environ: Mapping[str, str]) -> str:
    """Refuse an address of a mail server that cannot be meant, and one that shows a password to whoever lists processes."""
    url = environ.get("REMPART_SMTP_URL", "")
    try:
        if urlsplit(url).password is not None:
            raise SystemExit(
                "REMPART_SMTP_URL contient un mot de passe\u202f; mettez-le dans un fichier\u00a0: REMPART_SMTP_PASSWORD_FILE."
            )
        server = _smtp_server(url)
    except ValueError:
        server, url = None, url or "?"
    if url and server is None:
        raise SystemExit(
            "REMPART_SMTP_URL s’écrit smtp://utilisateur@hôte:587 (STARTTLS) ou smtps://utilisateur@hôte:465 (TLS)."
        )
    if server is not None and "@" not in environ.get("REMPART_MAIL_FROM", ""):
        raise SystemExit("REMPART_MAIL_FROM manque\u00a0: l’adresse d’où partent les courriels.")
    return url


def _smtp_server(url: str) -> SmtpServer | None:
    parts = urlsplit(url)
    if parts.scheme not in _SMTP_PORTS or not parts.hostname:
        return None
    port = parts.port or _SMTP_PORTS[parts.scheme]
    return SmtpServer(parts.hostname, port, unquote(parts.username or ""), parts.scheme == "smtps")


def _console_passkey_host(environ: Mapping[str, str], console_url: str) -> str:
    """Choose the host that operators' passkeys are bound to: the console's own, and no page of professionals can ask for them."""
    own = (urlsplit(console_url).hostname or "").lower()
    chosen = (environ.get("REMPART_CONSOLE_PASSKEY_HOST") or own).lower()
    if own != chosen and not ("." in chosen and own.endswith(f".{chosen}")):
        raise SystemExit(
            f"REMPART_CONSOLE_URL is {console_url!r}, where passkeys of {chosen!r} are not good: leave "
            "REMPART_CONSOLE_PASSKEY_HOST out, or name a domain above it"
        )
    return chosen


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _refuse_half_a_psc(environ: Mapping[str, str], environment: str) -> None:
    """Refuse a Pro Santé Connect without the name, and the secret or key, under which it knows this platform."""
    if not environ.get("REMPART_PSC_ISSUER"):
        return
    if not environ.get("REMPART_PSC_CLIENT_ID"):
        raise SystemExit("REMPART_PSC_ISSUER needs REMPART_PSC_CLIENT_ID beside it")
    proofs = [name for name in ("REMPART_PSC_SECRET_FILE", "REMPART_PSC_KEY_FILE") if environ.get(name)]
    if len(proofs) > 1 or (not proofs and environment != "sandbox"):
        raise SystemExit(
            "REMPART_PSC_ISSUER needs one of REMPART_PSC_SECRET_FILE and REMPART_PSC_KEY_FILE beside it"
        )


def _choice(environ: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    chosen = environ.get(name) or default
    if chosen not in choices:
        raise SystemExit(
            f"{name} vaut {chosen!r}\u202f; ce doit être l’un de ceux-ci\u00a0: {', '.join(choices)}."
        )
    return chosen


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SystemExit(f"{name} vaut {text!r}\u202f; ce doit être un nombre entier de {least} à {most}.")
    return int(text)


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name)
    return Path(text).absolute() if text else None
