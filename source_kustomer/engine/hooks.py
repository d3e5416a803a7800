"""Hooks: their records hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from source_kustomer.engine.listing import ListStream

SECRETS: Final = frozenset({"email", "hash", "key", "url"})
"""Attributes of hooks with which anyone could send data to them."""


class HookStream(ListStream, family=True):
    """A stream of hooks, without their secrets and the links that contain them."""

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remove secrets and links from a hook."""
        attributes = resource.get("attributes")
        kept = {key: value for key, value in resource.items() if key != "links"}
        if isinstance(attributes, Mapping):
            kept["attributes"] = {k: v for k, v in attributes.items() if k not in SECRETS}
        return kept
