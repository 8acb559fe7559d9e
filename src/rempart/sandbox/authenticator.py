"""A passkey without a person: what a phone or a security key does, for the demonstration and for vendors' trials.

It says that its user was verified, which nobody did: a sandbox takes its word as any authenticator's, and no more. Keys live in
memory. Source: https://www.w3.org/TR/webauthn-3/ sections 6.1 (authenticator data) and 6.5 (attested credential data).
"""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_USER_PRESENT: Final = 0x01
_USER_VERIFIED: Final = 0x04
_BACKUP_ELIGIBLE: Final = 0x08
_BACKED_UP: Final = 0x10
_ATTESTED_DATA: Final = 0x40
_FLAGS: Final = _USER_PRESENT | _USER_VERIFIED | _BACKUP_ELIGIBLE | _BACKED_UP
_NO_MODEL: Final = bytes(16)


class Authenticator:
    """Holds one discoverable credential."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._credential_id = os.urandom(32)
        self._user_handle = b""

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer creation options, as `PublicKeyCredential.toJSON()` would."""
        self._user_handle = _bytes(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        public_key = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        attested = (
            _NO_MODEL
            + len(self._credential_id).to_bytes(2, "big")
            + self._credential_id
            + cbor2.dumps(public_key)
        )
        authenticator_data = self._data(options["rp"]["id"], _FLAGS | _ATTESTED_DATA) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._credential(
            {
                "clientDataJSON": _text(client_data),
                "attestationObject": _text(attestation),
                "transports": ["internal"],
            }
        )

    def sign_in(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer request options, as `PublicKeyCredential.toJSON()` would."""
        authenticator_data = self._data(options["rpId"], _FLAGS)
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self._key.sign(
            authenticator_data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._credential(
            {
                "clientDataJSON": _text(client_data),
                "authenticatorData": _text(authenticator_data),
                "signature": _text(signature),
                "userHandle": _text(self._user_handle),
            }
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + bytes(4)  # a synced passkey counts nothing

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self._origin, "crossOrigin": False}
        ).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": _text(self._credential_id),
            "rawId": _text(self._credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
