"""Names of columns and streams that every destination can store and keep apart.

Destinations fold names: they lower the case and replace other characters by `_`. PostgreSQL cuts
identifiers after 63 bytes, and loaders append to them. The names made here differ after all that.
Each follows from the name in Kustomer alone, so a later attribute or custom object (klass) never
renames an existing one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Final

COLUMN_PREFIX: Final = "custom_"
"""Begins the names of columns that hold one custom attribute."""

STREAM_PREFIX: Final = "kobject_"
"""Begins the names of streams that hold the records of one klass."""

IDENTIFIER_LENGTH: Final = 63
"""Bytes after which PostgreSQL cuts identifiers: the smallest limit of the destinations."""

MAX_LENGTH: Final = IDENTIFIER_LENGTH - 10
"""Bytes in a name, prefix included. PyAirbyte appends ten to a stream's name for the table of a
batch (`SqlProcessorBase._get_temp_table_name`); what remains after the cut must differ."""

DIGEST_LENGTH: Final = 8

_ATTRIBUTE: Final = re.compile(r"[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)*")
"""Attributes as Kustomer's documentation spells them: camelCase
(developer.kustomer.com/docs/concepts/custom-attributes)."""

_KLASS: Final = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
"""Klasses as apps and administrators name them. Kustomer allows letters, digits, `_` and `-`."""

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_DIGEST: Final = re.compile(r"_[0-9a-f]{6}(?:[0-9a-f]{2})?$")
"""The end of a name with a digest. Version 0.1.0 wrote six digits."""

_MAX_CACHED_LENGTH: Final = 64
_MAX_CACHED_NAMES: Final = 4_096


def snake_case(name: str) -> str:
    """Return a name in lower case, with `_` between the words of camelCase."""
    return _snake_case(name) if len(name) > _MAX_CACHED_LENGTH else _cached_snake_case(name)


def camel_case(name: str) -> str:
    """Return a name in snake_case as Kustomer spells attributes."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def fold(name: str) -> str:
    """Return the form of a name that destinations compare: `[a-z0-9_]`, cut after 63 bytes."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())[:IDENTIFIER_LENGTH]


def column_of_attribute(attribute: str) -> str:
    """Return the name of a custom attribute's column.

    An attribute in camelCase becomes snake_case: `orderNumberStr` is in
    `custom_order_number_str`. Any other name ends in a digest.
    """
    usual = _ATTRIBUTE.fullmatch(attribute) is not None
    return _distinct(COLUMN_PREFIX, attribute, snake_case(attribute) if usual else None)


def attribute_of_column(column: str) -> str:
    """Return the attribute that a column name without a digest stands for.

    Version 0.1.0 put the attribute's own name after the prefix. Such names keep their meaning.
    """
    name = column.removeprefix(COLUMN_PREFIX)
    attribute = camel_case(name)
    return attribute if column_of_attribute(attribute) == column else name


def stream_of_klass(klass: str) -> str:
    """Return the name of the stream that holds the records of a klass.

    A klass in lower case keeps its name, with `__` for `-`: `shopify-order` is read as
    `kobject_shopify__order`. Any other name ends in a digest.
    """
    usual = _KLASS.fullmatch(klass) is not None
    return _distinct(STREAM_PREFIX, klass, klass.replace("-", "__") if usual else None)


def klass_of_stream(stream: str) -> str | None:
    """Return the klass that a stream name stands for, or None when it ends in a digest.

    Version 0.1.0 put the klass's own name after the prefix. Such names keep their meaning.
    """
    if has_digest(stream):
        return None
    name = stream.removeprefix(STREAM_PREFIX)
    klass = name.replace("__", "-")
    return klass if stream_of_klass(klass) == stream else name


def klasses_of_streams(streams: Iterable[str], klasses: Collection[str]) -> dict[str, str]:
    """Return the klass of each stream, without the streams whose klass does not exist.

    Args:
        streams: names of configured streams, of version 0.1.0 too.
        klasses: names of all klasses.
    """
    known = {STREAM_PREFIX + klass: klass for klass in klasses}
    known.update((stream_of_klass(klass), klass) for klass in klasses)
    return {stream: known[stream] for stream in streams if stream in known}


def has_digest(name: str) -> bool:
    """Return whether a name ends in what may be a digest."""
    return _DIGEST.search(name) is not None


def with_digest(prefix: str, name: str) -> str:
    """Return a name that no other name has: its letters and digits, and a digest of all of it.

    The digest is the beginning of the SHA-256, in hexadecimal digits.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_LENGTH]
    words = _OTHER.sub("_", snake_case(name)).strip("_")
    cut = words[: MAX_LENGTH - len(prefix) - DIGEST_LENGTH - 1].rstrip("_")
    return f"{prefix}{cut}_{digest}" if cut else f"{prefix}{digest}"


def _distinct(prefix: str, name: str, spelling: str | None) -> str:
    """Return the prefix and the spelling if only this name can have it, else use a digest."""
    plain = None if spelling is None else prefix + spelling
    if plain is None or len(plain) > MAX_LENGTH or has_digest(plain):
        return with_digest(prefix, name)
    return plain


def _snake_case(name: str) -> str:
    return _WORD_START.sub("_", name).lower()


_cached_snake_case = lru_cache(_MAX_CACHED_NAMES)(_snake_case)
