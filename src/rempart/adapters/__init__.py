"""The outside world: the machine's users, its clock, its log, the embedded database server."""
