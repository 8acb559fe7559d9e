"""Files from the insurers: what they look like (formats) and how they are taken."""
