"""What the world sees: parse, call one operation, render; no rule lives here."""
