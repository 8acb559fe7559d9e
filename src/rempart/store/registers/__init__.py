"""The public registers in the database: how they are loaded, and what they have against somebody."""
