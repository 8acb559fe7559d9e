"""Rempart: an open tiers-payant platform on which stolen logins take nothing worth having."""
