"""Tests of the sandbox's insurer."""
