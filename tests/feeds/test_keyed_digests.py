"""Digests computed in columns are those of CMAC computed one by one."""

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from rempart.feeds.keyed_digests import KeyedDigests


def one_by_one(key: bytes, message: bytes) -> bytes:
    """Compute a CMAC by the library that others wrote."""
    cmac = CMAC(AES(key))
    cmac.update(message)
    return cmac.finalize()


@given(
    key=st.binary(min_size=32, max_size=32),
    blocks=st.integers(1, 12),
    rows=st.integers(0, 5),
    filling=st.randoms(),
)
def test_each_row_is_digested_as_cmac_says(key: bytes, blocks: int, rows: int, filling: object) -> None:
    messages = [filling.randbytes(16 * blocks) for _ in range(rows)]  # type: ignore[attr-defined]
    table = np.frombuffer(b"".join(messages), dtype=np.uint8).reshape(rows, 16 * blocks)
    assert [bytes(row) for row in KeyedDigests(key).of(table)] == [one_by_one(key, text) for text in messages]


def test_a_table_that_is_a_part_of_another_is_read_as_it_is() -> None:
    wide = np.arange(4 * 64, dtype=np.uint8).reshape(4, 64)
    narrow = wide[::2, 16:48]
    assert bytes(KeyedDigests(bytes(32)).of(narrow)[1]) == one_by_one(bytes(32), narrow[1].tobytes())


def test_a_width_that_is_no_multiple_of_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        KeyedDigests(bytes(32)).of(np.zeros((3, 20), dtype=np.uint8))


def test_the_key_is_in_no_text() -> None:
    assert "9" not in repr(KeyedDigests(b"9" * 32))
