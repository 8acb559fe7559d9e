"""Pro Santé Connect as a relying party sees it: what is asked, what is believed, whom it names."""
