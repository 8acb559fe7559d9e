"""Commands of those who run the platform while it serves."""
