"""The story of a demonstration, and what its people hold in their hands."""
