"""Tests of the sandbox's identity provider."""
