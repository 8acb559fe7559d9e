"""A platform to try things on: test people, a software client, a passkey, and the story of a day. Never in production."""
