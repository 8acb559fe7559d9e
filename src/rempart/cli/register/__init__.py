"""The commands that keep the register of who may ask: professionals, software, identity providers."""
