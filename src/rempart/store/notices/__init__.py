"""Whom letters about an account go to, what is new to it, and the letters that are owed."""
