"""Measurements of the platform as its users meet it: over HTTP, on real files, beside raw references in the same run."""
