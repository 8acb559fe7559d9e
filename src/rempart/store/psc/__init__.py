"""Sign-in by Pro Santé Connect, as the identity process reaches it: by functions of the database, never by a table."""
