"""The honest world of a drill: people, shops with their regulars, and a day's work."""
