"""PostgreSQL, and nothing else: every sentence of SQL lives in this folder."""
