"""The operations console: what happens now, one account, what is contained; every act signed, what loosens twice."""
