"""The reference model on whole worlds."""
