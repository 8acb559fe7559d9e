"""The running identity process, for the tests of this folder."""

from tests.support.identity import house, pharmacist

__all__ = ["house", "pharmacist"]
