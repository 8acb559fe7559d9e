"""Operators and their console, by functions that the console's role may execute: it reads no table (migrations 0024, 0026)."""
