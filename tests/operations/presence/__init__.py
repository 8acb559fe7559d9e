"""Tests of what is said to insurers, and what is made of their answers."""
