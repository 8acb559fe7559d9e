"""`rempart feed`: its commands, what they say, and the process of its own user that reads a file."""
