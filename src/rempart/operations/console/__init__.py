"""What operators do: enter, look, act; each act is signed by a key, and what loosens takes two of them."""
