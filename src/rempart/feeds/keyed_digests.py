"""AES-CMAC of many messages of one length at once, computed in whole columns.

The same bytes as `cryptography`'s CMAC, which a test holds it to: each step of the chain is one encryption of as many blocks as
there are messages, so the cipher is called a dozen times for thirty thousand rows. Measured, the two digests of a row take
0.2 µs so, and 2.3 µs by hashlib's BLAKE2s called row by row.
Sources: NIST SP 800-38B, RFC 4493. Tried and refused: BLAKE2s step by step in numpy, which takes 1.9 µs.

Never compare digests of messages of two lengths; never keep the key longer than a load.
"""

from typing import Any, Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BYTES: Final = 16

_REDUCTION: Final = 0x87
"""What comes back when a bit leaves the block on the left (SP 800-38B, 5.3)."""

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


class KeyedDigests:
    """Digests under one key, 16 bytes each."""

    def __init__(self, key: bytes) -> None:
        self._encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 (CMAC's own chain)
        self._last_mask = np.frombuffer(_doubled(self._encrypt(bytes(BLOCK_BYTES))), dtype=np.uint8)

    def __repr__(self) -> str:
        return "KeyedDigests()"

    def of(self, messages: Bytes) -> Bytes:
        """Digest each row of a table whose width is a multiple of 16."""
        width = messages.shape[1] // BLOCK_BYTES
        blocks = messages.reshape(len(messages), width, BLOCK_BYTES)
        chained = np.zeros((len(messages), BLOCK_BYTES), dtype=np.uint8)
        for place in range(width):
            chained ^= blocks[:, place]
            if place == width - 1:
                chained ^= self._last_mask
            encrypted = self._encrypt(chained.tobytes())
            chained = np.frombuffer(bytearray(encrypted), dtype=np.uint8).reshape(-1, BLOCK_BYTES)
        return chained


def _doubled(block: bytes) -> bytes:
    """Double a block as a polynomial: the first subkey of CMAC, which marks a last block that is full."""
    number = int.from_bytes(block)
    shifted = number << 1 & (1 << 8 * BLOCK_BYTES) - 1
    return (shifted ^ (_REDUCTION if number >> 8 * BLOCK_BYTES - 1 else 0)).to_bytes(BLOCK_BYTES)
