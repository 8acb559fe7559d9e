"""What the faces with pages share: shells, scripts, headers, words, and the one request that concerns a person.

The portal and the counter are strangers to each other; what both are made of is here once.
"""
