"""Tests of the outside world as the platform sees it."""
