"""The public status page: what works, for whom, since when, and what to do meanwhile."""
