"""Presence, as the database keeps it."""
