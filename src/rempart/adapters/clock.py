"""The wall clock: the only place that reads it, so that everything else takes time as an argument."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Give the present instant, in UTC."""
    return datetime.now(UTC)


def now_s() -> float:
    """Give the present instant, in seconds since 1970."""
    return time.time()


def today(timezone: str) -> date:
    """Give the day it is now somewhere ("Europe/Paris", "Indian/Reunion")."""
    return datetime.now(ZoneInfo(timezone)).date()
