"""What an operator does with the detectors: have them fitted on its own accounts, and change their rules."""
