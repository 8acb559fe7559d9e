"""Who is asking, how sure we are, and the one door to people's records."""
