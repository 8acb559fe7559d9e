"""The sandbox's identity provider: Pro Santé Connect's manners, nobody's identity."""
