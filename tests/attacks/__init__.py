"""Attacks told as stories: each one is what a thief would do, and what he is left with."""
