"""Tests of what the world sees, over HTTP."""
