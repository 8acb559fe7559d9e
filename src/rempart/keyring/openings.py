"""The record of what was unsealed: a line per opening, on the disk before the plaintext leaves.

    2026-11-22T10:15:30.123456+00:00 worker data/0312345678 5f3c…(grant, 32 hexadecimal digits)

One file a day, appended to only. Another process compares these grants with those that the gate wrote
beside its receipts: a gap on either side is an alarm. A line holds no personal data: the grant leads to the
receipt, and the receipt to the rest.
"""

import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from rempart.domain.errors.keyring import GrantSpent, KeyringThrottled
from rempart.limits import KEYRING_OPENINGS_REMEMBERED_MAX

_GRANT_AT_END = re.compile(r" ([0-9a-f]{32})\n")
"""A whole line ends so. What a loss of power left of another one is of an opening that never was: it was not on the disk yet."""


class OpeningLog:
    """The openings of this keyring, and the grants spent since the day began."""

    def __init__(self, directory: Path, now: Callable[[], datetime]) -> None:
        self._directory = directory
        self._now = now
        self._spent = self._spent_today()

    def record(self, role: str, name: str, grants: Sequence[bytes]) -> None:
        """Spend the grants, and write each opening to the disk. Refuses: GrantSpent, KeyringThrottled."""
        if len(set(grants)) != len(grants) or not self._spent.isdisjoint(grants):
            raise GrantSpent
        if len(self._spent) + len(grants) > KEYRING_OPENINGS_REMEMBERED_MAX:
            raise KeyringThrottled("openings")
        now = self._now()
        lines = "".join(f"{now.isoformat()} {role} {name} {grant.hex()}\n" for grant in grants)
        descriptor = os.open(self._path(now), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _append_whole(descriptor, lines.encode())
        finally:
            os.close(descriptor)
        self._spent.update(grants)

    def _path(self, now: datetime) -> Path:
        return self._directory / f"openings-{now.date().isoformat()}.log"

    def _spent_today(self) -> set[bytes]:
        path = self._path(self._now())
        if not path.exists():
            return set()
        return {bytes.fromhex(found[1]) for found in _GRANT_AT_END.finditer(path.read_text())}


def _append_whole(descriptor: int, lines: bytes) -> None:
    """Write all the lines to the disk, or none: half a line would be glued to the next one. Refuses: OSError."""
    before = os.fstat(descriptor).st_size
    try:
        written = 0
        while written < len(lines):
            written += os.write(descriptor, lines[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, before)
        raise
