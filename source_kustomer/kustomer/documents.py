"""An answer's body: a JSON:API document, in all the forms the API gives it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

AUTOMATIC_HEADER = 32
"""Tells zlib to find out by itself whether a body is gzip or deflate."""

_SURROGATES = dict.fromkeys(range(55296, 57344), "�")


class BrokenBody(ValueError):
    """A body that is no JSON object: cut short, or a gateway's page in HTML."""


@dataclass(frozen=True)
class Document:
    """A list of resources with what is said about it, or a single one."""

    data: list[dict[str, Any]]
    included: list[dict[str, Any]]
    meta: Mapping[str, Any]
    links: Mapping[str, Any]
    page_size: int | None
    """The page size that was granted, else the one that was asked for."""

    @property
    def resource(self) -> dict[str, Any]:
        """The single resource of a document that holds one; empty when there is none."""
        return self.data[0] if self.data else {}

    @property
    def total(self) -> int | None:
        """How many resources the whole query has; searches say so, most lists do not."""
        total = self.meta.get("total")
        return total if type(total) is int and total >= 0 else None

    @property
    def has_next(self) -> bool | None:
        """Whether another page is announced; None when nothing is said of it.

        At a search's caps it is announced falsely.
        """
        return bool(self.links["next"]) if "next" in self.links else None


def attribute_of(resource: Mapping[str, Any], name: str) -> Any:
    """Return one attribute of a resource; None when it has none, whatever stands there instead."""
    attributes = resource.get("attributes")
    return attributes.get(name) if isinstance(attributes, Mapping) else None


def decode(body: bytes, encoding: str = "") -> dict[str, Any]:
    """Decode a body, once.

    Args:
        body: as it came over the wire.
        encoding: its Content-Encoding: gzip, deflate, or nothing.

    Raises:
        BrokenBody: when it is no JSON object.
    """
    if encoding:
        body = _decompress(body, encoding)
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        decoded = _decode_loosely(body)
    if not isinstance(decoded, dict):
        raise BrokenBody("the answer is no JSON object")
    return decoded


def _decompress(body: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise BrokenBody(f"the answer is encoded as {encoding}, which was not asked for")
    try:
        return zlib.decompress(body, wbits=zlib.MAX_WBITS | AUTOMATIC_HEADER)
    except zlib.error:
        raise BrokenBody("the compressed answer is cut short") from None


def _decode_loosely(body: bytes) -> Any:
    """Decode what strict JSON refuses, lest one record keep all others out.

    Lone surrogates, which no row may carry, and bytes that are no UTF-8 are replaced by U+FFFD;
    control characters are taken as they are; integers beyond 64 bits become floats, as the usual
    decoder makes them.
    """
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        decoded = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise BrokenBody("the answer is no JSON") from None
    return _without_surrogates(decoded)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_SURROGATES)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def document_of(body: Mapping[str, Any], asked_size: int | None = None) -> Document:
    """Read a decoded body as a document; members that are missing or null count as empty."""
    meta = body.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    links = body.get("links")
    granted = meta.get("pageSize")
    return Document(
        data=_resources(body.get("data")),
        included=_resources(body.get("included")),
        meta=meta,
        links=links if isinstance(links, Mapping) else {},
        page_size=granted if type(granted) is int and granted > 0 else asked_size,
    )


def _resources(value: object) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return []
