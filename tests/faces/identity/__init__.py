"""Tests of the identity face."""
