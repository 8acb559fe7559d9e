"""An authenticator and a browser in memory: passkeys as a telephone makes them, requests as the portal's scripts send them.

The pages themselves are tested with Chromium's own authenticator (tests/browser); this one can also do wrong things.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.identity import Answer, House
from tests.support.proofs import ClientKey, base64url

USER_PRESENT, USER_VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey, its counter, and the origin that the browser reports."""

    origin: str = "http://localhost:8402"
    host: str = "localhost"
    flags: int = USER_PRESENT | USER_VERIFIED
    counter: int = 0
    cross_origin: bool = False
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Make a passkey for registration options, as `PublicKeyCredential.toJSON()` writes it."""
        numbers = self.key.public_key().public_numbers()
        public_key = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        credential = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        authenticator_data = self._authenticator_data(HAS_CREDENTIAL) + credential + cbor2.dumps(public_key)
        attestation = {"fmt": "none", "attStmt": {}, "authData": authenticator_data}
        response = {
            "clientDataJSON": base64url(self._client_data("webauthn.create", options["challenge"])),
            "attestationObject": base64url(cbor2.dumps(attestation)),
            "transports": ["internal"],
        }
        return self._credential(response)

    def sign_in(self, options: dict[str, Any]) -> dict[str, Any]:
        """Sign the challenge of sign-in options."""
        self.counter += 1
        authenticator_data = self._authenticator_data(0)
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(
            authenticator_data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256())
        )
        response = {
            "clientDataJSON": base64url(client_data),
            "authenticatorData": base64url(authenticator_data),
            "signature": base64url(signature),
            "userHandle": None,
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        identifier = base64url(self.credential_id)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }

    def _authenticator_data(self, more_flags: int) -> bytes:
        flags = (self.flags | more_flags).to_bytes(1, "big")
        return hashlib.sha256(self.host.encode()).digest() + flags + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(data).encode()


@dataclass
class Browser:
    """A browser with its key, its session and the chain of its nonces."""

    house: House
    authenticator: Authenticator = field(default_factory=Authenticator)
    key: ClientKey = field(default_factory=ClientKey)
    token: str = ""
    nonce: str | None = None

    def enrol(self, link: str) -> Answer:
        """Register a first passkey by an invitation, and keep the session."""
        code = link.partition("#code=")[2]
        options = self.house.post_json("/browser/passkeys/options", {"code": code})
        if options.status != 200:
            return options
        credential = self.authenticator.register(options.body["publicKey"])
        return self._open("/browser/passkeys", {"code": code, "credential": credential})

    def sign_in(self) -> Answer:
        """Sign in by the passkey, and keep the session."""
        options = self.begin_sign_in()
        return self._open(
            "/browser/sign-in", {"credential": self.authenticator.sign_in(options.body["publicKey"])}
        )

    def begin_sign_in(self) -> Answer:
        """Ask for the challenge of a sign-in, for this browser's key."""
        path = "/browser/sign-in/options"
        return self.house.post_json(path, {}, {"DPoP": self.key.proof("POST", self.house.url + path)})

    def call(self, method: str, path: str, body: Any = None, **claims: Any) -> Answer:
        """Send a request of the session, with a fresh proof; keep the nonce that comes back."""
        address = self.house.url + path
        headers = self.key.headers(method, address, self.token, **({"nonce": self.nonce} | claims))
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = self.house.send(method, path, None if body is None else json.dumps(body), headers)
        self.nonce = answer.headers.get("dpop-nonce", self.nonce)
        return answer

    def _open(self, path: str, body: Any) -> Answer:
        headers = {"DPoP": self.key.proof("POST", self.house.url + path)}
        answer = self.house.post_json(path, body, headers)
        if answer.status in (200, 201):
            self.token, self.nonce = answer.body["access_token"], answer.body["nonce"]
        return answer
