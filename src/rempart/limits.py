"""Every maximum of the platform, named, with its unit and its reason. A number that bounds something is nowhere else."""

BATCH_QUESTIONS_MAX = 64
"""Questions that one gate call takes: beyond, one commit serves no more and the first of the batch waits for the last."""

PROOF_AGE_MAX_S = 60
"""How old a DPoP proof may be (RFC 9449 11.1); its `jti` is remembered longer than that."""

PROOF_LEAD_MAX_S = 5
"""How far ahead of ours a client's clock may be."""

ASSERTION_LIFE_MAX_S = 300
"""The longest life of a client assertion (SMART Backend Services: five minutes)."""

SOFTWARE_SESSION_LIFE_S = 900
"""How long a software's access token lives; the professional's proof of identity is asked for again after that."""

BROWSER_SESSION_LIFE_S = 4 * 3600
"""How long a browser session lives in all, used or not."""

BROWSER_SESSION_IDLE_S = 30 * 60
"""How long a browser session may stay unused."""

REQUEST_BODY_MAX_BYTES = 65_536
"""A rights question is under 4 kB; beyond this it is not one, and nobody may fill our memory."""

BREAK_GLASS_PER_DAY = 3
"""Answers without proof of presence that one account may have a day, each told to the person."""

KNOWN_PATIENT_MONTHS = 12
"""How long a person proven present at a shop stays a known patient there."""

IDEMPOTENCY_LIFE_H = 24
"""How long a repeat with the same key is recognised."""

CARE_DATE_PAST_MAX_DAYS = 822
"""Two years after care, the time limit of an invoice, and a quarter for appeals."""

CARE_DATE_AHEAD_MAX_DAYS = 366
"""Care can be planned a year ahead; further, no right is known."""

WAITING_QUESTIONS_MAX = 2_000
"""Questions that wait in one face process: a third of a second of work; past that, a caller is better told to come back."""
