"""Every refusal, outage and bug that Rempart can name, in one tree; its branches are in the files beside this one.

    RempartError
    ├── Refusal            the caller can act on it; HTTP 4xx; its code is stable and documented
    │   ├── IdentifierRefused      identifiers      a number that is not one
    │   ├── CardCodeRefused        identifiers      a card that was misread
    │   ├── RequestUnreadable      requests         a request that is not written as it should be
    │   ├── AccessRefused          access           who is asking was not shown; more in token_exchange and accounts
    │   ├── TokenRequestRefused    token_exchange   a token that is asked for wrongly
    │   ├── RegistrationRefused    registration     an entry that the register does not take
    │   ├── MemberFileRefused      member_files     an insurer's file that is not taken, nothing changed
    │   └── FileApprovalRefused    member_files     a waiting file that cannot be let in this way
    ├── Outage             something we depend on did not answer; HTTP 503; the caller may try again: database, gate, keyring
    └── Bug                our fault; HTTP 500; the caller gets a reference number and nothing else

Whoever imports a branch has the whole tree: faces walk through it to tell each error as its family is told.

An error says what was wrong, where and what to do. It never carries personal data: not a NIR, a name or a birth date, not
even a part of what was typed. Each face translates these errors in its own table; a house test fails if a row is missing.
"""

from rempart.domain.errors import (
    access,
    accounts,
    database,
    gate,
    identifiers,
    keyring,
    member_files,
    registration,
    requests,
    token_exchange,
    trials,
)
from rempart.domain.errors.families import Bug, Outage, Refusal, RempartError

__all__ = [
    "Bug",
    "Outage",
    "Refusal",
    "RempartError",
    "access",
    "accounts",
    "database",
    "gate",
    "identifiers",
    "keyring",
    "member_files",
    "registration",
    "requests",
    "token_exchange",
    "trials",
]
