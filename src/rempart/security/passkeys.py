"""The two ceremonies of passkeys: registering one and signing in with one.

User verification is required and the credential is kept by the authenticator, so that a sign-in says nothing about accounts
before the right finger is on the key. No attestation is asked for: which model a pharmacy uses is none of our business.

A passkey is registered at the portal, and signs in at the portal or at the counter: which of them is the browser's word, signed
with the rest, so that no page chooses the face of its session.

Never: take a ceremony made in a frame of another site, for an address that is neither, or with a counter that went back.

Source: https://www.w3.org/TR/webauthn-3/ sections 7.1 and 7.2; the checks are those of the library webauthn (duo-labs).
"""

import encodings.hex_codec  # noqa: F401 (webauthn asks for it by name, when the process can no longer read it)
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import webauthn
from webauthn.helpers import parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from rempart.domain.access import Face
from rempart.domain.errors.accounts import PasskeyRefused
from rempart.limits import CEREMONY_LIFE_S
from rempart.security import base64url

_PLACE = "credential"
_CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom passkeys are made: the host that browsers bind them to, and the two origins under it where they serve."""

    host: str
    portal: str
    counter: str

    def face_at(self, origin: str) -> Face:
        """Name the face at an origin that a ceremony was verified for."""
        return Face.COUNTER if origin == self.counter else Face.PORTAL


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What the browser is given to begin with, and the digest of its challenge."""

    public_key: dict[str, Any]
    challenge_digest: bytes


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that was verified: the new signature counter, and the face at which it was made."""

    sign_count: int
    face: Face


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made, verified; `label` says whether it stays on one device."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    label: str


def begin_registration(
    party: RelyingParty, account_id: int, display_name: str, credentials: Sequence[bytes]
) -> Ceremony:
    """Begin to register a passkey for an account; those that it has are named, so that none is made twice."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name="Rempart",
        user_id=sha256(f"rempart account {account_id}".encode()).digest(),
        user_name=display_name,
        challenge=secrets.token_bytes(_CHALLENGE_BYTES),
        timeout=CEREMONY_LIFE_S * 1000,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in credentials],
    )
    return Ceremony(json.loads(webauthn.options_to_json(options)), challenge_digest(options.challenge))


def begin_sign_in(party: RelyingParty) -> Ceremony:
    """Begin a sign-in by whichever passkey the authenticator offers."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host,
        challenge=secrets.token_bytes(_CHALLENGE_BYTES),
        timeout=CEREMONY_LIFE_S * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Ceremony(json.loads(webauthn.options_to_json(options)), challenge_digest(options.challenge))


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """Read the challenge that a credential answers, not verified yet."""
    client_data = _client_data_of(credential)
    if client_data.cross_origin:
        raise PasskeyRefused(_PLACE)
    return client_data.challenge


def challenge_digest(challenge: bytes) -> bytes:
    """Give the digest under which a challenge is remembered."""
    return sha256(challenge).digest()


def credential_id_of(credential: Mapping[str, Any]) -> bytes:
    """Read which passkey a credential is of, not verified yet."""
    try:
        return base64url.decode(credential["rawId"].encode())
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None


def finish_registration(party: RelyingParty, credential: Mapping[str, Any], challenge: bytes) -> NewPasskey:
    """Verify a passkey that was made for this challenge."""
    try:
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.portal,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None
    return NewPasskey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        label=verified.credential_device_type.value,
    )


def finish_sign_in(
    party: RelyingParty, credential: Mapping[str, Any], challenge: bytes, public_key: bytes, sign_count: int
) -> SignIn:
    """Verify a sign-in made for this challenge, at the portal or at the counter."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=[party.portal, party.counter],
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None
    return SignIn(verified.new_sign_count, party.face_at(_client_data_of(credential).origin))


def _client_data_of(credential: Mapping[str, Any]) -> CollectedClientData:
    try:
        return parse_client_data_json(base64url.decode(credential["response"]["clientDataJSON"].encode()))
    except (WebAuthnException, KeyError, TypeError, ValueError, AttributeError):
        raise PasskeyRefused(_PLACE) from None
