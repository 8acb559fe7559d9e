"""The commands about insurers' channels and about the authorisations that their people gave."""
