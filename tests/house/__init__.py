"""The rules of the house, each a small reading of the source, each with an example that breaks it and one that keeps it."""
