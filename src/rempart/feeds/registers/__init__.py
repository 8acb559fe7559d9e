"""The public registers as they are published: professionals (Annuaire santé) and places (FINESS), read line by line."""
