"""The identity face: tokens for software, passkeys and sessions for browsers, staff for titulaires."""
