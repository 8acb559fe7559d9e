"""The operator's acts on the public registers."""
