"""Which records a list has: its filters, and what it has without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kustomer_sandbox.control.settings import Settings

# Object -> the parameter that asks for deleted records.
DELETED_PARAMETERS = {
    "users": "deleted",
    "teams": "deleted",
    "tags": "deleted",
    "shortcuts": "deleted",
    "spam_senders": "includeDeleted",
}
_SESSIONS_OF_ONE_USER = 60
_Attributes = Mapping[str, Any]


def in_scope(
    settings: Settings, name: str, attributes: _Attributes, query: Mapping[str, str]
) -> bool:
    """Whether a list has a record, by the filters of the request and the dialect."""
    filters = _FILTERS.get(name, {})
    asked = [parameter for parameter in filters if parameter in query]
    is_obeyed = settings.dialect["deleted-lists"] in {"included", "served"}
    if is_obeyed and DELETED_PARAMETERS.get(name) in query:
        return True  # with deleted records, no list is narrow: parameters cannot be combined
    if asked:
        return all(filters[parameter](attributes, query[parameter]) for parameter in asked)
    narrow = settings.dialect["list-scope"] == "narrow" or name == "klasses"
    return not narrow or name not in _NARROW or _NARROW[name](attributes)


def session_numbers(settings: Settings, query: Mapping[str, str], numbers: list[int]) -> list[int]:
    """The work sessions of a list, by their numbers."""
    everything = query.get("user") == "false" and query.get("active") == "false"
    if everything or settings.dialect["list-scope"] == "all":
        return numbers
    return [number for number in numbers if number % _SESSIONS_OF_ONE_USER == 0]


def _equals(attribute: str, *, missing: Any = None) -> Callable[[_Attributes, str], bool]:
    """Make a filter that compares an attribute as text; booleans are `true` and `false`."""

    def test(attributes: _Attributes, wanted: str) -> bool:
        value = attributes.get(attribute, missing)
        return (str(value).lower() if isinstance(value, bool) else value) == wanted

    return test


def _is_pending(attributes: _Attributes) -> bool:
    return attributes["emailVerifiedAt"] is None and attributes["userType"] == "user"


def _everything(attributes: _Attributes, wanted: str) -> bool:
    return True


_FILTERS: dict[str, dict[str, Callable[[_Attributes, str], bool]]] = {
    "users": {
        "pending": lambda attributes, wanted: _is_pending(attributes) == (wanted == "true"),
        "userType": _equals("userType"),
        "email": _equals("email"),
    },
    "klasses": {"status": _equals("status")},
    "queues": {
        "all": lambda attributes, wanted: wanted == "true" or not attributes["system"],
        "system": _equals("system"),
    },
    "business_schedules": {"enabled": _equals("enabled")},
    "queue_rules": {"enabled": _equals("enabled")},
    "snoozes": {"resource": _equals("resource")},
    "sub_statuses": {"resource": _equals("resourceType")},
    "kviews": {"appDisabled": _equals("appDisabled")},
    "saved_searches": {"filter": _everything},
}
# What a narrow list has without filters.
_NARROW: dict[str, Callable[[_Attributes], bool]] = {
    "users": lambda a: a["userType"] != "machine" and not _is_pending(a),
    "klasses": lambda a: bool(a["status"] == "enabled"),
    "queues": lambda a: not a["system"],
    "business_schedules": lambda a: bool(a["enabled"]),
    "queue_rules": lambda a: bool(a["enabled"]),
    "snoozes": lambda a: bool(a["resource"] == "conversation"),
    "kviews": lambda a: not a["appDisabled"],
    "saved_searches": lambda a: bool(a["defaultVisibility"] == "all"),
}
