"""The one process that holds keys, and how the others ask it: index, seal, open, sign, each limited per role."""
