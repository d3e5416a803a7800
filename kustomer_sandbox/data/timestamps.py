"""Timestamps: as the API writes them (ISO 8601, UTC), and as milliseconds since 1970."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = 365 * DAY
# Standard search holds what was updated within this span; older records are in the archive.
SEARCHABLE = 2 * YEAR

_UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=_UTC)
_MINUTES_OF_DAY = 1_440
# A million records have some six million timestamps: their repeated parts are formatted once.
_CLOCK = [f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)]
_DATE_ONLY = len("2026-01-31")


def now_ms() -> int:
    """The wall clock, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def to_text(ms: int) -> str:
    """Format a timestamp as `2026-01-31T12:00:00.000Z`."""
    minute, rest = divmod(ms, MINUTE)
    day, minute = divmod(minute, _MINUTES_OF_DAY)
    return f"{_date(day)}{_CLOCK[minute]}{rest // SECOND:02d}.{rest % SECOND:03d}Z"


@cache
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()[:_DATE_ONLY]


def to_ms(text: str, time_zone: str | None = None) -> int:
    """Parse a timestamp; without offset it is local to `time_zone` (None: GMT).

    Raises:
        ValueError: if it is not an ISO 8601 date or date-time, or the time zone is unknown.
    """
    if len(text) == _DATE_ONLY:
        text += "T00:00:00"
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    moment = datetime.fromisoformat(_six_digit_fraction(text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(time_zone))
    seconds = int(moment.timestamp() // 1)
    return seconds * SECOND + moment.microsecond // 1_000


def _zone(name: str | None) -> ZoneInfo | timezone:
    if name is None or name in ("GMT", "UTC"):
        return _UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def _six_digit_fraction(text: str) -> str:
    """Python 3.10 reads fractions of three or six digits only."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[:digits][:6]:0<6}{tail[digits:]}"
