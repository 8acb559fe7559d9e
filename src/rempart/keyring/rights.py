"""Which role may ask the keyring for what, and how often: a face that was taken over gets no more than this.

The sum is in limits.KEYRING_RATES. Time comes from the caller, so that a test does not wait.
"""

from dataclasses import dataclass, field

from rempart.domain.errors.keyring import KeyringForbidden, KeyringThrottled
from rempart.keyring.wire import Operation
from rempart.limits import KEYRING_RATES

INDEX, DATA, SIGN = "index/", "data/", "sign/"
"""What a key is for begins its name; an insurer's number, or what is signed, ends it."""

REQUEST = "request"
"""The key under which bodies of repeated requests are remembered."""

CELL = "cell"
"""The key under which months and communes of birth are told apart, for the detector of NIR walks."""

CODE = "code"
"""The key under which one-time codes are recognised."""

ALLOWED: dict[str, dict[Operation, tuple[str, ...]]] = {
    "fhir": {Operation.INDEX: (INDEX, REQUEST, CELL, CODE)},
    "portal": {Operation.INDEX: (INDEX, REQUEST, CELL, CODE)},
    "counter": {Operation.INDEX: (INDEX, REQUEST, CELL, CODE)},
    "identity": {Operation.SIGN: ("sign/identity",), Operation.PUBLIC_KEY: (SIGN,)},
    "feeds": {Operation.INDEX_ALL: (INDEX,), Operation.SEAL: (DATA,)},
    "operator": {Operation.CREATE: (INDEX, DATA, SIGN), Operation.NAMES: (), Operation.PUBLIC_KEY: (SIGN,)},
    "channel": {Operation.INDEX: (CODE,), Operation.SIGN: ("sign/channel",)},
    "worker": {
        Operation.OPEN: (DATA,),
        Operation.SIGN: (SIGN,),
        Operation.PUBLIC_KEY: (SIGN,),
    },
}
"""What each role may do, and with keys of which names."""


def check(role: str, operation: Operation, name: str) -> None:
    """Refuse an operation, or a key, that is not the role's."""
    prefixes = ALLOWED[role].get(operation)
    if prefixes is None or not (operation is Operation.NAMES or name.startswith(prefixes)):
        raise KeyringForbidden(operation.name)


@dataclass(slots=True)
class Bucket:
    """So many at once, then so many a second."""

    at_once: int
    per_second: float
    left: float
    filled_at: float

    def fill(self, now: float) -> None:
        """Count what has come back since the last time."""
        self.left = min(self.at_once, self.left + (now - self.filled_at) * self.per_second)
        self.filled_at = now


@dataclass(slots=True)
class Allowance:
    """What one role may still have; a role's connections share it."""

    role: str
    buckets: list[Bucket] = field(default_factory=list)

    @classmethod
    def of(cls, role: str, now: float) -> "Allowance":
        """Give a role its whole allowance; it is whole again when the keyring starts."""
        rates = KEYRING_RATES.get(role, ((0, 0.0),))
        return cls(role, [Bucket(at_once, per_second, at_once, now) for at_once, per_second in rates])

    def take(self, count: int, now: float) -> None:
        """Take so many look-ups or openings, all or none."""
        for bucket in self.buckets:
            bucket.fill(now)
        if any(bucket.left < count for bucket in self.buckets):
            raise KeyringThrottled(self.role)
        for bucket in self.buckets:
            bucket.left -= count
