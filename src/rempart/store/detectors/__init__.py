"""The detectors' rules, and what they said: read and changed by the operator, with nothing of people."""
