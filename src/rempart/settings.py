"""The settings of one process, read once from the environment; what is absent has a safe meaning.

Never read the environment elsewhere: a setting that is not here does not exist.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS = ("production", "sandbox", "drill")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this platform keeps its files, which database it uses, and under which addresses it is known."""

    environment: str
    home: Path
    database_url: str
    host: str
    port: int
    fhir_workers: int
    fhir_url: str
    identity_url: str
    portal_url: str
    test_provider_url: str

    @property
    def is_sandbox(self) -> bool:
        """Whether this process may show test-only things; the database has the last word."""
        return self.environment == "sandbox"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; refuse at once what cannot be meant."""
    environment = environ.get("REMPART_ENVIRONMENT", "production")
    if environment not in ENVIRONMENTS:
        raise SystemExit(f"REMPART_ENVIRONMENT is {environment!r}; it must be one of {', '.join(ENVIRONMENTS)}")
    port = int(environ.get("REMPART_PORT", "8400"))
    return Settings(
        environment=environment,
        home=Path(environ.get("REMPART_HOME", "var")).absolute(),
        database_url=environ.get("REMPART_DATABASE_URL", ""),
        host=environ.get("REMPART_HOST", "127.0.0.1"),
        port=port,
        fhir_workers=int(environ.get("REMPART_FHIR_WORKERS", "2")),
        fhir_url=environ.get("REMPART_FHIR_URL", f"http://localhost:{port}"),
        identity_url=environ.get("REMPART_IDENTITY_URL", f"http://localhost:{port + 1}"),
        portal_url=environ.get("REMPART_PORTAL_URL", f"http://localhost:{port + 2}"),
        test_provider_url=environ.get("REMPART_TEST_PROVIDER_URL", f"http://localhost:{port + 9}"),
    )
