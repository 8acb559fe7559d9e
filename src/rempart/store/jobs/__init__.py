"""The queue of jobs: its schema, the worker's connection to it, and what the operator sees of it."""
