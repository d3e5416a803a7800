"""A JSON:API document, in all the forms in which the API sends one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Document:
    """A list of resources, or a single one, with its metadata."""

    data: list[dict[str, Any]]
    included: list[dict[str, Any]]
    meta: Mapping[str, Any]
    links: Mapping[str, Any]
    page_size: int | None
    """The page size that was granted, if stated, else the one that was requested."""
    body_bytes: int = 0
    """The length of the decompressed body."""
    left_out: int = 0
    """The entries of the list that are not resources, and therefore not in `data`."""
    is_past_end: bool = False
    """Whether the API answered that there is no such page: the page before it was the last."""

    @property
    def resource(self) -> dict[str, Any]:
        """The single resource of a document that holds one; empty when there is none."""
        return self.data[0] if self.data else {}

    @property
    def total(self) -> int | None:
        """The number of resources of the whole query, if stated. Most lists do not state it."""
        total = self.meta.get("total")
        return total if type(total) is int and total >= 0 else None

    @property
    def has_next(self) -> bool | None:
        """Whether another page is announced; None when the answer has no such member.

        At the limits of a search it is announced falsely, and it may be missing although there is
        a next page (pull request 25 of singer-io/tap-kustomer).
        """
        return bool(self.links["next"]) if "next" in self.links else None

    @property
    def is_page_size_stated(self) -> bool:
        """Whether the answer states its page size."""
        return _page_size(self.meta) is not None


PAST_END = Document([], [], {}, {}, None, is_past_end=True)
"""What stands for a page past the end of a list or a query."""


def attribute_of(resource: Mapping[str, Any], name: str) -> Any:
    """Return one attribute of a resource; None when it has none, or no attributes at all."""
    attributes = resource.get("attributes")
    return attributes.get(name) if isinstance(attributes, Mapping) else None


def is_deleted(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource itself states that it is deleted."""
    is_marked = attribute_of(resource, "deleted") is True
    return is_marked or attribute_of(resource, "deletedAt") is not None


def target_of(resource: Mapping[str, Any], relationship: str) -> str | None:
    """Return the id of the record that a resource relates to; None when there is none."""
    relationships = resource.get("relationships")
    related = relationships.get(relationship) if isinstance(relationships, Mapping) else None
    target = related.get("data") if isinstance(related, Mapping) else None
    identity = target.get("id") if isinstance(target, Mapping) else None
    return None if identity is None else str(identity)


def fault_in(body: Mapping[str, Any]) -> str | None:
    """Return why the body of a successful answer is not a complete document; None when it is.

    Gateways and timeouts inside the API answer 200 as well. Recorded search answers contain the
    flag `meta.timed_out`.
    """
    if body.get("errors"):
        return "the answer contains errors"
    if "data" not in body:
        return "the answer has no data"
    if not isinstance(body["data"], list | dict):
        return "the answer's data is neither a list nor an object"
    meta = body.get("meta")
    if isinstance(meta, Mapping) and meta.get("timed_out") is True:
        return "the search timed out and returned a part of the records"
    return None


def document_of(
    body: Mapping[str, Any], page_size: int | None = None, *, body_bytes: int = 0
) -> Document:
    """Return a decoded body as a document. Missing members count as empty.

    Args:
        body: the decoded body.
        page_size: the page size that was requested.
        body_bytes: the length of the body.
    """
    meta = body.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    links = body.get("links")
    data = body.get("data")
    resources = _resources(data)
    return Document(
        data=resources,
        included=_resources(body.get("included")),
        meta=meta,
        links=links if isinstance(links, Mapping) else {},
        page_size=_page_size(meta) or page_size,
        body_bytes=body_bytes,
        left_out=len(data) - len(resources) if isinstance(data, list) else 0,
    )


def _page_size(meta: Mapping[str, Any]) -> int | None:
    stated = meta.get("pageSize")
    return stated if type(stated) is int and stated > 0 else None


def _resources(value: object) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return []
