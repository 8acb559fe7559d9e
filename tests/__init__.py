"""Tests, in the folders of the source that they test; plus house rules, attacks and pages in a browser."""
