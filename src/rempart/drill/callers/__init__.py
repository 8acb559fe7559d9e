"""How whoever asks in a drill speaks to the platform, and who vouches for them."""
