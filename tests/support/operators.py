"""Operators with keys in software, for tests that speak to the database as the console's process does, or as who owns it would.

nadia = enrolled(world, "Nadia Roux")                    # invited, her key registered
session = entered(world, nadia)                          # her session: the digest that every function asks for
assert act(world, session, nadia, {"kind": "contain", …}) == "done"
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from psycopg.types.json import Jsonb

from rempart.security import base64url
from tests.support.world import World, digest

ORIGIN, HOST = "https://console.example", "console.example"
BROWSER = digest("the key of an operator's browser")
_numbers = count(1)


@dataclass
class Key:
    """A passkey in software; what a ceremony says may be bent, one part at a time."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    counted: int = 0

    @property
    def public_key(self) -> bytes:
        """Write the public key as authenticators do (COSE)."""
        point = self.private.public_key().public_numbers()
        return (
            bytes.fromhex("a5010203262001215820")
            + point.x.to_bytes(32, "big")
            + b"\x22\x58\x20"
            + point.y.to_bytes(32, "big")
        )

    def sign(
        self,
        challenge: bytes,
        *,
        kind: str = "webauthn.get",
        origin: str = ORIGIN,
        host: str = HOST,
        flags: int = 5,
        counted: int | None = None,
        is_framed: bool = False,
    ) -> tuple[bytes, bytes, bytes, bytes, bytes]:
        """Sign a challenge; give credential, client data, authenticator data, signature, challenge."""
        self.counted = self.counted + 1 if counted is None else counted
        said = {
            "type": kind,
            "challenge": base64url.encode(challenge),
            "origin": origin,
            "crossOrigin": is_framed,
        }
        client_data = json.dumps(said).encode()
        authenticator_data = (
            hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.counted.to_bytes(4, "big")
        )
        signed = authenticator_data + hashlib.sha256(client_data).digest()
        signature = self.private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self.credential_id, client_data, authenticator_data, signature, challenge


@dataclass(frozen=True)
class Operator:
    """Somebody who works at the console."""

    operator_id: int
    name: str
    key: Key


@dataclass(frozen=True)
class Desk:
    """An operator's session, as the console's process holds it."""

    token: bytes
    thumbprint: bytes
    nonce: bytes

    def after(self, nonce: str) -> "Desk":
        """Give the session with the nonce that an answer brought."""
        return replace(self, nonce=hashlib.sha256(nonce.encode()).digest())


def invited(world: World, name: str, role: str = "security") -> tuple[int, bytes, bool]:
    """Invite somebody, as the machine's command does; give the number, the code's digest, and whether somebody has to agree."""
    code = secrets.token_bytes(32)
    row = (
        world.face("operator")
        .execute("select * from console.invite(%s, %s, %s, 7, 'root')", (name, role, code))
        .fetchone()
    )
    assert row is not None, "the name is taken"
    return row[0], code, row[1]


def enrol(world: World, code: bytes, key: Key) -> bool:
    """Register a key by an invitation."""
    challenge = secrets.token_bytes(32)
    console = world.face("console")
    console.execute("select console.begin_ceremony(%s, %s, null, 300)", (challenge, code))
    rp_digest = hashlib.sha256(HOST.encode()).digest()
    given = (code, challenge, key.credential_id, key.public_key, 0, ORIGIN, rp_digest)
    row = console.execute("select console.enrol(%s, %s, %s, %s, %s, %s, %s)", given).fetchone()
    assert row is not None
    return bool(row[0])


def enrolled(world: World, name: str = "", role: str = "security", *, is_admitted: bool = True) -> Operator:
    """Invite somebody and register a key; who has to be agreed to is, unless told otherwise."""
    name = name or f"Opérateur {next(_numbers)}"
    operator_id, code, needs_approval = invited(world, name, role)
    key = Key()
    assert enrol(world, code, key)
    if needs_approval and is_admitted:
        world.do("update console.operators set needs_approval = false where operator_id = %s", operator_id)
    return Operator(operator_id, name, key)


def handed(world: World, browser: bytes = BROWSER) -> bytes:
    """Have a challenge to enter with, for a browser's key."""
    challenge = secrets.token_bytes(32)
    world.face("console").execute("select console.begin_ceremony(%s, null, %s, 300)", (challenge, browser))
    return challenge


def sign_in(world: World, signed: tuple[bytes, ...], browser: bytes = BROWSER) -> Desk | None:
    """Open a session by what a key signed; None where the database does not."""
    desk = Desk(secrets.token_bytes(32), browser, secrets.token_bytes(32))
    given = (*signed, desk.token, desk.thumbprint, desk.nonce, 14_400, 1_800)
    row = (
        world.face("console")
        .execute("select name from console.sign_in(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", given)
        .fetchone()
    )
    return None if row is None else desk


def entered(world: World, operator: Operator) -> Desk:
    """Enter the console."""
    desk = sign_in(world, operator.key.sign(handed(world)))
    assert desk is not None
    return desk


def begin(world: World, desk: Desk, act: dict[str, Any]) -> tuple[str, str | None, bytes]:
    """Begin an act; give the verdict, the sentence and the challenge."""
    row = (
        world.face("console")
        .execute("select * from console.begin_act(%s, %s, 120)", (desk.token, Jsonb(act)))
        .fetchone()
    )
    assert row is not None
    return row[0], row[1], row[2]


def perform(world: World, desk: Desk, signed: tuple[bytes, ...]) -> str:
    """Perform what was begun and signed; give the verdict."""
    row = (
        world.face("console")
        .execute("select verdict from console.perform(%s, %s, %s, %s, %s, %s)", (desk.token, *signed))
        .fetchone()
    )
    assert row is not None
    return str(row[0])


def act(world: World, desk: Desk, operator: Operator, what: dict[str, Any]) -> str:
    """Begin an act, have the operator's key sign it, perform it; give the verdict."""
    verdict, _, challenge = begin(world, desk, what)
    return verdict if verdict != "begun" else perform(world, desk, operator.key.sign(challenge))


def admit(world: World, desk: Desk, proof: bytes, *, is_by_hand: bool = True) -> tuple[str, str | None]:
    """Take a proof of a session; give the verdict and the next nonce."""
    row = (
        world.face("console")
        .execute(
            "select verdict, next_nonce from console.admit(%s, %s, %s, %s, %s)",
            (desk.token, desk.thumbprint, proof, desk.nonce, is_by_hand),
        )
        .fetchone()
    )
    assert row is not None
    return row[0], row[1]


def propose(world: World, kind: str, what: dict[str, Any], by: str = "root") -> tuple[str, int]:
    """Ask for what may loosen, as the machine's command does; give the verdict and the number (0: none)."""
    row = (
        world.face("operator")
        .execute("select * from console.ask(%s, %s, 'convenu avec l’assureur', %s)", (kind, Jsonb(what), by))
        .fetchone()
    )
    assert row is not None
    return row[0], row[1] or 0


def sign(world: World, desk: Desk, operator: Operator, number: int) -> str:
    """Sign a proposal with an operator's key; give the verdict."""
    return act(world, desk, operator, {"kind": "sign", "proposal_id": number, "because": "vu avec eux"})
