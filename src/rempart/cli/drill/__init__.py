"""`rempart drill`: attacks on a platform made for it."""
