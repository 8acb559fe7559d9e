"""Questions as a software of the shop sends them: whole HTTP requests, each with a token, a fresh proof and a person.

People are drawn uniformly over all that were loaded; one question in twenty is about nobody (a birth rank that is not
theirs), as in shops.
"""

import base64
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bench.platform import amc_of
from rempart.faces.fhir.systems import AMC_NUMBER, BIRTH_DATE_TEXT, CARE_DOMAIN, NIR
from rempart.settings import Settings
from rempart.store.database import connect_sync

ACCOUNTS = 8_000
WRONG_SHARE = 0.05
_ES256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Caller:
    """A professional's software: its token and the key to which the token is bound."""

    token: str
    token_hash: str
    key: ec.EllipticCurvePrivateKey
    proof_header: bytes
    thumbprint: bytes


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def make_callers(count: int = ACCOUNTS) -> list[Caller]:
    """Make callers, each with a key and a token of its own."""
    callers = []
    for _ in range(count):
        key = ec.generate_private_key(ec.SECP256R1())
        numbers = key.public_key().public_numbers()
        x, y = _b64(numbers.x.to_bytes(32, "big")), _b64(numbers.y.to_bytes(32, "big"))
        jwk = {"crv": "P-256", "kty": "EC", "x": x, "y": y}
        thumbprint = sha256(json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()).digest()
        header = json.dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}, separators=(",", ":"))
        token = _b64(os.urandom(32))
        token_hash = _b64(sha256(token.encode()).digest())
        callers.append(Caller(token, token_hash, key, _b64(header.encode()).encode(), thumbprint))
    return callers


def enrol(settings: Settings, callers: Sequence[Caller]) -> None:
    """Give each caller a pharmacy, a pharmacist, an account and an open session; the token endpoint is not what is measured."""
    with connect_sync(settings, "owner") as connection, connection.transaction():
        cursor = connection.cursor()
        cursor.execute("insert into access.software (client_id, name, jwks) values ('bench', 'bench', '{}')")
        rows = [(f"{n:09d}", f"{n:011d}", sha256(caller.token.encode()).digest(), caller.thumbprint)
                for n, caller in enumerate(callers, 1)]  # fmt: skip
        cursor.executemany(
            "insert into access.organisations (finess, name) values (%s, 'Pharmacie')",
            [(row[0],) for row in rows],
        )
        cursor.executemany(
            "insert into access.professionals (rpps, profession_id, name) values (%s, 1, 'Pharmacien')",
            [(row[1],) for row in rows],
        )
        cursor.executemany(
            """
            with new as (
                insert into access.accounts (account_id, kind, organisation_id, professional_id, profession_id, holder_account_id,
                                             display_name)
                overriding system value
                select %(n)s, 'professional', o.organisation_id, p.professional_id, 1, %(n)s, 'Pharmacien'
                from access.organisations as o, access.professionals as p
                where o.finess = %(finess)s and p.rpps = %(rpps)s
                returning account_id
            )
            insert into access.sessions (token_digest, key_thumbprint, account_id, software_id, expires_at)
            select %(token)s, %(key)s, new.account_id, (select software_id from access.software), now() + interval '1 day'
            from new
            """,
            [
                {"n": n, "finess": r[0], "rpps": r[1], "token": r[2], "key": r[3]}
                for n, r in enumerate(rows, 1)
            ],
        )
        # Each asks about people whom nobody here has met, faster than any shop: all is reckoned, and nobody is convicted.
        cursor.execute("update access.detector_rules set threshold = 1e9")
    with connect_sync(settings, "owner") as connection:
        connection.execute("vacuum analyze")


def draw_bodies(files: Sequence[Path], count: int, seed: int) -> list[bytes]:
    """Draw people uniformly over all files and write the question about each."""
    draw = np.random.default_rng(seed)
    rows = [
        pl.scan_csv(path, separator=";", infer_schema=False).select(pl.len()).collect().item()
        for path in files
    ]
    shares = draw.multinomial(count, np.array(rows) / sum(rows))
    bodies: list[bytes] = []
    for path, share in zip(files, shares, strict=True):
        if share:
            people = pl.read_csv(
                path, separator=";", infer_schema=False, columns=["nir", "birth_date", "birth_rank"]
            )
            amc_number = amc_of(path)
            for place in draw.integers(0, people.height, share):
                nir, birth_date, rank = people.row(int(place))
                wrong = draw.random() < WRONG_SHARE
                bodies.append(_body(amc_number, nir, birth_date, 9 if wrong else int(rank)))
    draw.shuffle(bodies)  # type: ignore[arg-type]  # a list is shuffled in place
    return bodies


def _body(amc_number: str, nir: str, birth_date: str, rank: int) -> bytes:
    year, month, day = birth_date[:4], birth_date[4:6], birth_date[6:]
    patient: dict[str, object] = {
        "resourceType": "Patient", "id": "patient", "identifier": [{"system": NIR, "value": nir}], "multipleBirthInteger": rank,
    }  # fmt: skip
    if 1 <= int(month) <= 12 and 1 <= int(day) <= 28:
        patient["birthDate"] = f"{year}-{month}-{day}"
    else:
        patient["extension"] = [{"url": BIRTH_DATE_TEXT, "valueString": birth_date}]
    request = {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation", "benefits"],
        "contained": [patient],
        "patient": {"reference": "#patient"},
        "created": time.strftime("%Y-%m-%d"),
        "insurer": {"identifier": {"system": AMC_NUMBER, "value": amc_number}},
        "item": [{"category": {"coding": [{"system": CARE_DOMAIN, "code": "PHAR"}]}}],
    }
    return json.dumps(request, separators=(",", ":")).encode()


def requests(fhir_url: str, callers: Sequence[Caller], bodies: Iterator[bytes], count: int) -> list[bytes]:
    """Write requests with a fresh proof each; they must be sent within a minute."""
    address = f"{fhir_url}/fhir/CoverageEligibilityRequest/$submit"
    host = fhir_url.partition("//")[2]
    written = []
    for n in range(count):
        caller = callers[n % len(callers)]
        body = next(bodies)
        claims = json.dumps(
            {
                "jti": _b64(os.urandom(16)),
                "htm": "POST",
                "htu": address,
                "iat": int(time.time()),
                "ath": caller.token_hash,
            },
            separators=(",", ":"),
        )
        signed = caller.proof_header + b"." + _b64(claims.encode()).encode()
        r, s = decode_dss_signature(caller.key.sign(signed, _ES256))
        proof = signed.decode() + "." + _b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        head = (
            f"POST /fhir/CoverageEligibilityRequest/$submit HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/fhir+json\r\n"
            f"Authorization: DPoP {caller.token}\r\nDPoP: {proof}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        written.append(head.encode() + body)
    return written
