"""The counter: one form and one answer, for a shop without software on the day when the portal is closed."""
