"""One file for each business act: the only place where floors are put together."""
