"""Tests of what business acts leave to the worker, on a real PostgreSQL."""
