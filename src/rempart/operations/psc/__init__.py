"""Sign in by Pro Santé Connect: a way into the portal for whoever has no passkey, or lost it."""
