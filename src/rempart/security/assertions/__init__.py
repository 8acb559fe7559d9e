"""Signed statements of others: which software is asking, and for which professional."""
