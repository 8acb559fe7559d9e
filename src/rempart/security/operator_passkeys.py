"""The ceremonies of operators' passkeys: registering one, and signing a challenge, to enter or to perform one act.

One algorithm, ES256, because the database checks the signature again by itself. The person is verified each time. What the
database refuses, this file's acceptance does not save; what this file refuses never reaches it.

Never: take a ceremony made at another origin than the console's, or in a frame.

Source: https://www.w3.org/TR/webauthn-3/ sections 7.1 and 7.2; the checks here are those of the library webauthn (duo-labs).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import webauthn
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from rempart.domain.errors.accounts import PasskeyRefused
from rempart.limits import CEREMONY_LIFE_S
from rempart.security import base64url
from rempart.security.passkeys import NewPasskey, challenge_of, credential_id_of
from rempart.store.console.operators import Signed

_PLACE = "credential"
_CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class ConsoleParty:
    """For whom operators' passkeys are made: the host that browsers bind them to, and the one origin where they serve."""

    host: str
    origin: str

    @property
    def digest(self) -> bytes:
        """The digest under which an authenticator names the host."""
        return sha256(self.host.encode()).digest()


def new_challenge() -> bytes:
    """Draw a challenge for a registration or a sign-in."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def registration_options(
    party: ConsoleParty, operator_id: int, name: str, challenge: bytes
) -> dict[str, Any]:
    """Say what the browser registers a passkey with."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name="Rempart, console",
        user_id=sha256(f"rempart operator {operator_id}".encode()).digest(),
        user_name=name,
        challenge=challenge,
        timeout=CEREMONY_LIFE_S * 1000,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def signing_options(party: ConsoleParty, challenge: bytes) -> dict[str, Any]:
    """Say what the browser has a challenge signed with, by whichever passkey the person holds."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=challenge,
        timeout=CEREMONY_LIFE_S * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def finish_registration(party: ConsoleParty, credential: Mapping[str, Any]) -> tuple[NewPasskey, bytes]:
    """Verify a passkey that was just made; give it and the challenge that it answers, which the database alone knows."""
    challenge = challenge_of(credential)
    try:
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier.ECDSA_SHA_256],
        )
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None
    made = NewPasskey(
        verified.credential_id,
        verified.credential_public_key,
        verified.sign_count,
        verified.credential_device_type.value,
    )
    return made, challenge


def read_signed(credential: Mapping[str, Any]) -> Signed:
    """Read what a key signed, not verified yet. Refuses: PasskeyRefused."""
    try:
        response = credential["response"]
        parts = {
            name: base64url.decode(response[name].encode())
            for name in ("clientDataJSON", "authenticatorData", "signature")
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None
    return Signed(
        credential_id_of(credential),
        parts["clientDataJSON"],
        parts["authenticatorData"],
        parts["signature"],
        challenge_of(credential),
    )


def check_signed(
    party: ConsoleParty, credential: Mapping[str, Any], signed: Signed, public_key: bytes, sign_count: int
) -> None:
    """Verify what a key signed, before the database does. Refuses: PasskeyRefused."""
    try:
        webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=signed.challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None
