"""The secrets of one run of cards: each as random as its bits, none kept by us.

A member file tells a person in several lines, anywhere, and half a million secrets held until the end would take memory as
the file grows. So a run draws one key of 256 bits, and a card's secret is HMAC-SHA256(key, the beneficiary's reference),
cut to its bits. Without the key it is as good as drawn; the key ends with the run, and the next run gives the same person
another secret.

Never: write the key, or let a secret reach a log, an error or a repr. Sources: RFC 2104, RFC 4648.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final, Literal

from rempart.domain.rights import CardSecret

Bits = Literal[80, 128, 160]

BITS: Final[Bits] = 128
"""What the reference of the card's code draws: 26 characters of base 32, a QR of version 3."""

_KEY_BYTES: Final = 32


class CardSecrets:
    """The secrets of one run."""

    __slots__ = ("_key", "_secret_bytes")

    def __init__(self, bits: Bits = BITS) -> None:
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._secret_bytes = bits // 8

    def __repr__(self) -> str:
        return "CardSecrets()"

    def of(self, beneficiary_id: str) -> CardSecret:
        """Give the secret of a beneficiary's new card, as its QR and the member file hold it: base 32 without filling."""
        drawn = hmac.digest(self._key, beneficiary_id.encode(), "sha256")[: self._secret_bytes]
        return CardSecret(base64.b32encode(drawn).rstrip(b"=").decode("ascii"))


def digest_of_secret(secret: CardSecret) -> str:
    """Digest a secret as the column card_secret_sha256 holds it, 64 hexadecimal digits."""
    return hashlib.sha256(secret.text.encode("ascii")).hexdigest()
