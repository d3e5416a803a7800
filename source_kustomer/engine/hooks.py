"""Hooks: their records hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from source_kustomer.engine.lists import ListStream

SECRETS: Final = frozenset({"email", "hash", "key", "url"})
"""Attributes of hooks with which anyone could send data to them."""


def with_authors(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Move relationships that are nested in the relationship `org` to where all others are.

    In hooks, `createdBy` and `modifiedBy` can be inside of `relationships.org`.
    """
    relationships = resource.get("relationships")
    org = relationships.get("org") if isinstance(relationships, Mapping) else None
    if not isinstance(relationships, Mapping) or not isinstance(org, Mapping):
        return resource
    authors = {name: org[name] for name in ("createdBy", "modifiedBy") if name in org}
    if not authors:
        return resource
    rest = {name: value for name, value in org.items() if name not in authors}
    return {**resource, "relationships": {**authors, **relationships, "org": rest}}


class HookStream(ListStream, family=True):
    """A stream of hooks, without their secrets and the links that contain them."""

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remove secrets and links from a hook."""
        attributes = resource.get("attributes")
        kept = {key: value for key, value in with_authors(resource).items() if key != "links"}
        if isinstance(attributes, Mapping):
            kept["attributes"] = {k: v for k, v in attributes.items() if k not in SECRETS}
        return kept
