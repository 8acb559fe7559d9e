"""The reference model played on whole made-up worlds: how often honest accounts are stopped, and how soon thieves are."""
