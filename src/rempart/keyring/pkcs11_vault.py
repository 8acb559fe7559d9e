"""Keys in a device behind PKCS#11 (an HSM; SoftHSM in tests): made there, used there, never given out.

HMAC by CKM_SHA256_HMAC, seal by CKM_AES_GCM with a random nonce, signature by CKM_EDDSA. A nonce of 12 random bytes is safe
for 2^32 records under one key (NIST SP 800-38D, 8.3): a hundred loads of an insurer of 33 million people. One session, one
thread: the keyring's. Source: OASIS PKCS #11 3.0. Measured on SoftHSM 2.6: 32,000 digests and 36,000 seals a second.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    GeneralError,
    NoSuchToken,
    PinIncorrect,
    PKCS11Error,
)
from pkcs11.mechanisms import GCMParams
from pkcs11.util.ec import encode_named_curve_parameters

from rempart.domain.errors.keyring import KeysUnreadable, KeyUnknown, SealBroken
from rempart.keyring.rights import DATA, SIGN

_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_BITS = 256
_ED25519 = encode_named_curve_parameters("1.3.101.112")  # RFC 8410
_PUBLIC_KEY_BYTES = 32

_KEPT_INSIDE = {Attribute.TOKEN: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}


class Pkcs11Vault:
    """The keys of one token of a device, under one session."""

    def __init__(self, module: str | Path, token: str, pin: str) -> None:
        try:
            device = pkcs11.lib(str(module))
            self._session = device.get_token(token_label=token).open(rw=True, user_pin=pin)
        except (NoSuchToken, PinIncorrect, PKCS11Error) as error:
            raise KeysUnreadable(f"{token}: {type(error).__name__}") from None
        self._found: dict[tuple[ObjectClass, str], Any] = {}

    def digest(self, name: str, messages: Sequence[bytes]) -> list[bytes]:
        """Give the HMAC-SHA256 of each message."""
        sign = self._find(ObjectClass.SECRET_KEY, name).sign
        return [sign(message, mechanism=Mechanism.SHA256_HMAC) for message in messages]

    def seal(self, name: str, associated: Sequence[bytes], texts: Sequence[bytes]) -> list[bytes]:
        """Seal each text to its associated data."""
        encrypt = self._find(ObjectClass.SECRET_KEY, name).encrypt
        sealed = []
        for about, text in zip(associated, texts, strict=True):
            nonce = os.urandom(_NONCE_BYTES)
            sealed.append(
                nonce + encrypt(text, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, about))
            )
        return sealed

    def open(self, name: str, associated: Sequence[bytes], sealed: Sequence[bytes]) -> list[bytes]:
        """Open what was sealed."""
        decrypt = self._find(ObjectClass.SECRET_KEY, name).decrypt
        opened = []
        for about, record in zip(associated, sealed, strict=True):
            if len(record) < _NONCE_BYTES + _TAG_BYTES:
                raise SealBroken
            gcm = GCMParams(record[:_NONCE_BYTES], about)
            try:
                opened.append(
                    decrypt(record[_NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=gcm)
                )
            except (
                EncryptedDataInvalid,
                EncryptedDataLenRange,
                GeneralError,
            ):  # SoftHSM says the last for a wrong tag
                raise SealBroken from None
        return opened

    def sign(self, name: str, message: bytes) -> bytes:
        """Sign with Ed25519."""
        return bytes(self._find(ObjectClass.PRIVATE_KEY, name).sign(message, mechanism=Mechanism.EDDSA))

    def public_key(self, name: str) -> bytes:
        """Give the 32 bytes of the Ed25519 public key."""
        point = bytes(self._find(ObjectClass.PUBLIC_KEY, name)[Attribute.EC_POINT])
        return point[-_PUBLIC_KEY_BYTES:]  # after the DER header of an octet string

    def create(self, names: Sequence[str]) -> list[str]:
        """Make the keys that are missing, all or none."""
        there = set(self.names())
        missing = [name for name in dict.fromkeys(names) if name not in there]
        made: list[pkcs11.Object] = []
        try:
            for name in missing:
                made += self._generate(name)
        except PKCS11Error:
            for key in made:
                key.destroy()
            raise
        return missing

    def names(self) -> list[str]:
        """List the names of the keys."""
        return sorted(
            str(key[Attribute.LABEL])
            for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
            for key in self._session.get_objects({Attribute.CLASS: kind, Attribute.TOKEN: True})
        )

    def _find(self, kind: ObjectClass, name: str) -> Any:  # noqa: ANN401 (what a key can do depends on the device)
        key = self._found.get((kind, name))
        if key is None:
            wanted = {Attribute.CLASS: kind, Attribute.LABEL: name, Attribute.TOKEN: True}
            found = list(self._session.get_objects(wanted))
            if not found:
                raise KeyUnknown
            key = self._found[kind, name] = found[0]
        return key

    def _generate(self, name: str) -> list[pkcs11.Object]:
        if name.startswith(SIGN):
            curve = self._session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True
            )
            return list(
                curve.generate_keypair(
                    mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                    label=name,
                    store=True,
                    private_template=_KEPT_INSIDE,
                )
            )
        seals = name.startswith(DATA)
        return [
            self._session.generate_key(
                KeyType.AES if seals else KeyType.GENERIC_SECRET,
                _KEY_BITS,
                label=name,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT if seals else MechanismFlag.SIGN,
                template=_KEPT_INSIDE,
            )
        ]
