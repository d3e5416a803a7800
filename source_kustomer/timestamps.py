"""Timestamps as integers: microseconds since 1970 in UTC, exact to compare and to add to.

Kustomer writes `2024-05-01T12:00:00.123Z`; offsets and missing milliseconds occur too.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 86_400 * SECOND

_FIRST_MILLISECONDS: Final = 10**11
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST: Final = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
_LAST: Final = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // _MICROSECOND
_RFC3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:?\d{2})?"
)


def parse_timestamp(text: object) -> int | None:
    """Read an RFC 3339 date-time, or a plain date.

    Args:
        text: what stands in the place of a timestamp; anything at all.

    Returns:
        Microseconds since 1970 in UTC, rounded down; None when it is no timestamp. A missing
        zone is read as UTC.
    """
    if not isinstance(text, str):
        return None
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        return _parse_date(text)
    date, time, fraction, zone = match.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    if len(zone) == len("+0000"):
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        moment = datetime.fromisoformat(f"{date}T{time}.{micros}{zone}")
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def _parse_date(text: str) -> int | None:
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return (day - _EPOCH) // _MICROSECOND


def format_timestamp(timestamp: int) -> str:
    """Write a timestamp as RFC 3339 in UTC: to the millisecond, finer only when it is finer.

    An timestamp outside of the years 1 to 9999 becomes the first or the last one of them.
    """
    timestamp = min(max(timestamp, _FIRST), _LAST)
    moment = _EPOCH + timedelta(microseconds=timestamp)
    precision = "microseconds" if timestamp % MILLISECOND else "milliseconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def from_unix(number: float) -> int:
    """Convert Unix time in seconds or in milliseconds to an instant, to the millisecond.

    Args:
        number: from 10^11 on, milliseconds; as seconds, that would be the year 5138.
    """
    return int(number if number >= _FIRST_MILLISECONDS else number * 1_000) * MILLISECOND


def from_unix_seconds(seconds: float) -> int:
    """Convert Unix time in seconds to a timestamp, to the millisecond."""
    return int(seconds * 1_000) * MILLISECOND


def parse_http_date(text: str | None) -> float | None:
    """Read the `Date` header of an HTTP answer (RFC 9110, section 5.6.7).

    Returns:
        Unix time in seconds; None when the header is missing or is not a date of the calendar. A
        missing zone is read as UTC.
    """
    if not text:
        return None
    try:
        parsed = parsedate_to_datetime(text)
        return parsed.replace(tzinfo=parsed.tzinfo or timezone.utc).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
