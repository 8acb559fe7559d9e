"""Presence: what insurers ask for, and what goes on through their channels."""
