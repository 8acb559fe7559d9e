"""The running identity process, for the tests of this folder."""

from tests.support.identity import house

__all__ = ["house"]
