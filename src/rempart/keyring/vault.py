"""What holds the keys, a sealed file or a PKCS#11 device: the server speaks to either in these words.

A vault never gives a key away; its own text (`repr`) says only what kind it is.
"""

from collections.abc import Sequence
from typing import Protocol


class Vault(Protocol):
    """Keys by name: index/<amc> and request for digests, data/<amc> to seal, sign/<purpose> to sign."""

    def digest(self, name: str, messages: Sequence[bytes]) -> list[bytes]:
        """Give the HMAC-SHA256 of each message. Refuses: KeyUnknown."""

    def seal(self, name: str, associated: Sequence[bytes], texts: Sequence[bytes]) -> list[bytes]:
        """Seal each text to its associated data: nonce, sealed text, tag. Refuses: KeyUnknown."""

    def open(self, name: str, associated: Sequence[bytes], sealed: Sequence[bytes]) -> list[bytes]:
        """Open what was sealed. Refuses: KeyUnknown, SealBroken."""

    def sign(self, name: str, message: bytes) -> bytes:
        """Sign with Ed25519. Refuses: KeyUnknown."""

    def public_key(self, name: str) -> bytes:
        """Give the 32 bytes of the Ed25519 public key. Refuses: KeyUnknown."""

    def create(self, names: Sequence[str]) -> list[str]:
        """Make the keys that are missing, all or none, durably; give the names of those made."""

    def names(self) -> list[str]:
        """List the names of the keys."""
