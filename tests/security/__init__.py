"""Tests of who is asking, and of the door."""
