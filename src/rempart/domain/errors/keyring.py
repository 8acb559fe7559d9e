"""The keyring that does not answer, and what it does not do."""

from rempart.domain.errors.families import Bug, Outage, Refusal


class KeyringUnreachable(Outage):
    """The keyring did not answer in time; nothing was looked up."""

    code = "keyring-unreachable"


class KeyringThrottled(Outage):
    """A process asked the keyring for more than its role may have; see limits.KEYRING_RATES."""

    code = "keyring-throttled"


class KeyUnknown(Refusal):
    """The keyring has no key of that name: the insurer is not served here."""

    code = "key-unknown"


class KeyringForbidden(Bug):
    """A process asked the keyring for what its role may not have, or said it wrong."""

    code = "keyring-forbidden"


class SealBroken(Bug):
    """What was sealed does not open: it was altered, or it belongs to another record or insurer."""

    code = "seal-broken"


class GrantSpent(Bug):
    """A grant opened something already; each opening needs its own."""

    code = "grant-spent"


class KeysUnreadable(Bug):
    """The keys at rest do not open: another passphrase, an altered file, or a token that is not there."""

    code = "keys-unreadable"
