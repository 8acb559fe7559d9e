"""Drills: an honest world, attackers, and the truth of what they took, against a running platform."""
