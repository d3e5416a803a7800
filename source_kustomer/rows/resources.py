"""Changes to JSON:API resources before they become rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from source_kustomer.timestamps import format_timestamp, from_unix


def without_attributes(resource: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Remove attributes from a resource, for example secrets.

    Args:
        resource: a JSON:API resource.
        names: the attributes' names in the API.
    """
    attributes = resource.get("attributes")
    if not isinstance(attributes, Mapping):
        return resource
    return {**resource, "attributes": {k: v for k, v in attributes.items() if k not in names}}


def with_attributes(resource: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set attributes of a resource. One whose attributes are not an object stays as it is.

    Args:
        resource: a JSON:API resource.
        values: the attributes by their names in the API.
    """
    attributes = resource.get("attributes")
    if attributes is not None and not isinstance(attributes, Mapping):
        return resource
    return {**resource, "attributes": {**(attributes or {}), **values}}


def with_timestamp(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Write an attribute that is Unix time as a timestamp; leave any other value as it is.

    Args:
        resource: a JSON:API resource.
        name: the attribute's name in the API.
    """
    attributes = resource.get("attributes")
    value = attributes.get(name) if isinstance(attributes, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return resource
    try:
        text = format_timestamp(from_unix(value))
    except (ValueError, OverflowError):
        return resource
    return with_attributes(resource, {name: text})
