"""The portal: the counter's page, for a professional without software of his own."""
