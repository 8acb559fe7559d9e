"""Tests of the database and of what is kept in it."""
