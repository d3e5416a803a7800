"""The body of a search: checked as the API checks it, and parsed for the index."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.ids import ORG_ID
from kustomer_sandbox.data.objects import BY_CONTEXT, KLASS_NAMES, SearchObject
from kustomer_sandbox.data.timestamps import to_ms
from kustomer_sandbox.server.answers import bad_request

Operator = Literal[
    "equals", "not_equals", "gte", "gt", "lte", "lt", "in", "contains", "not_contains", "exists"
]
MOST_CONDITIONS = 20
MOST_SORTS = 5
MOST_FIELDS = 20
_ARCHIVE_KEYS = {"queryContext", "includeDeleted", "timeZone", "and", "or", "not", "sort"}
_SEARCH_KEYS = _ARCHIVE_KEYS | {"fields", "aggs", "searchHash"}
_CONTEXT = re.compile(
    r"company|customer|message|conversation|conversation_time|note|kobject|kobject_.*"
    r"|work_session|work_item"
)
_EVERYWHERE = ("id", "created_at", "updated_at")
_STANDARD: dict[str, tuple[str, ...]] = {
    "customer": (
        *_EVERYWHERE,
        "modified_at",
        "imported_at",
        "name",
        "externalId",
        "companyId",
        "email",
        "tags",
        "deleted",
        "activity_at",
        "last_seen_at",
        "signed_up_at",
        "progressive_status",
        "locale",
        "gender",
    ),
    "conversation": (
        *_EVERYWHERE,
        "modified_at",
        "imported_at",
        "customer_id",
        "status",
        "name",
        "channels",
        "direction",
        "priority",
        "tags",
        "assigned_users",
        "assigned_teams",
        "external_id",
        "satisfaction",
        "deleted",
    ),
    "message": (
        *_EVERYWHERE,
        "modified_at",
        "imported_at",
        "customer_id",
        "conversation_id",
        "sent_at",
        "channel",
        "app",
        "direction",
        "status",
        "external_id",
        "subject",
    ),
    "note": (*_EVERYWHERE, "conversation_id", "customer_id", "external_id", "deleted"),
    "company": (*_EVERYWHERE, "name", "tags", "default_lang", "imported_at", "imported"),
    "kobject": (*_EVERYWHERE, "customer_id", "company_id", "title", "external_id", "deleted"),
    "conversation_time": ("id", "created_at", "conversation_id", "customer_id"),
    "work_session": _EVERYWHERE,
    "work_item": _EVERYWHERE,
}
_ARCHIVED: dict[str, tuple[str, ...]] = {
    "customer": (*_EVERYWHERE, "companyId", "deleted"),
    "conversation": (*_EVERYWHERE, "customer_id", "deleted"),
    "message": (*_EVERYWHERE, "conversation_id"),
    "kobject": (*_EVERYWHERE, "customer_id", "company_id"),
    "company": _EVERYWHERE,
}


@dataclass(frozen=True)
class Condition:
    """One test of one attribute; timestamps are milliseconds since 1970."""

    attribute: str
    operator: Operator
    value: Any

    def holds(self, value: Any) -> bool:
        """Whether a record with this value meets it."""
        return _TESTS[self.operator](value, self.value)


@dataclass(frozen=True)
class SearchRequest:
    """A checked search.

    Attributes:
        klass: place of the one klass searched for; None: all; -1: one that does not exist.
        all_of, any_of, none_of: conditions; attributes without the context's prefix.
        sort: attribute and whether it descends, or None.
        fields: attributes to return; none: all.
    """

    object: SearchObject
    archive: bool
    klass: int | None = None
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    none_of: tuple[Condition, ...] = ()
    sort: tuple[str, bool] | None = None
    include_deleted: bool = False
    fields: tuple[str, ...] = ()
    context: str = ""
    note: dict[str, Any] = field(default_factory=dict)


def read_search(body: Any, settings: Settings, *, archive: bool) -> SearchRequest:
    """Check a search's body.

    Raises:
        ApiError: 400 for everything that the API would refuse.
    """
    if not isinstance(body, dict):
        raise bad_request("body must be an object")
    unknown = set(body) - (_ARCHIVE_KEYS if archive else _SEARCH_KEYS)
    if unknown:
        raise bad_request(f"should NOT have additional properties: {sorted(unknown)[0]}")
    context = body.get("queryContext", "customer")
    search_object, klass = _context(context, settings, archive=archive)
    reader = _Reader(context, search_object, archive, body.get("timeZone"), settings)
    include_deleted = body.get("includeDeleted", False)
    if not isinstance(include_deleted, bool):
        raise bad_request("includeDeleted should be boolean")
    return SearchRequest(
        search_object,
        archive,
        klass,
        reader.conditions(body.get("and", [])),
        reader.conditions(body.get("or", [])),
        reader.conditions(body.get("not", [])),
        reader.sort(body.get("sort", [])),
        include_deleted,
        _fields(body.get("fields", [])),
        context,
        {"and": body.get("and"), "sort": body.get("sort")},
    )


def _context(context: Any, settings: Settings, *, archive: bool) -> tuple[SearchObject, int | None]:
    if not isinstance(context, str) or not _CONTEXT.fullmatch(context):
        raise bad_request("queryContext should match pattern", queryContext=context)
    if context.startswith("kobject_") and settings.dialect["klass-contexts"] == "refused":
        raise bad_request("queryContext should match pattern", queryContext=context)
    klass: int | None = None
    name = context
    if context.startswith("kobject_"):
        klass_name = context.removeprefix("kobject_")
        klass = KLASS_NAMES.index(klass_name) if klass_name in KLASS_NAMES else -1
        name = "kobject"
    search_object = BY_CONTEXT[name]
    if archive and not search_object.archived:
        raise bad_request("queryContext should match pattern", queryContext=context)
    return search_object, klass


def _fields(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise bad_request("fields should be an array of strings")
    if len(value) > MOST_FIELDS:
        raise bad_request(f"fields should NOT have more than {MOST_FIELDS} items")
    return tuple(value)


@dataclass(frozen=True)
class _Reader:
    """Reads conditions and sorts of one search."""

    context: str
    object: SearchObject
    archive: bool
    time_zone: Any
    settings: Settings

    def conditions(self, value: Any) -> tuple[Condition, ...]:
        items = value if isinstance(value, list) else [value]
        if len(items) > MOST_CONDITIONS:
            raise bad_request(f"should NOT have more than {MOST_CONDITIONS} items")
        if any(item == other for place, item in enumerate(items) for other in items[:place]):
            raise bad_request("should NOT have duplicate items")
        return tuple(condition for item in items for condition in self._of_item(item))

    def sort(self, value: Any) -> tuple[str, bool] | None:
        items = value if isinstance(value, list) else [value]
        if len(items) > MOST_SORTS:
            raise bad_request(f"sort should NOT have more than {MOST_SORTS} items")
        read: list[tuple[str, bool]] = []
        for item in items:
            if not isinstance(item, dict) or not item:
                raise bad_request("sort items should be objects")
            for attribute, direction in item.items():
                name = self._attribute(attribute)
                if name is None:
                    continue
                if direction not in ("asc", "desc"):
                    raise bad_request("sort direction should be asc or desc")
                read.append((name, direction == "desc"))
        # Only the first key counts: no source shows how the API sorts by several.
        return read[0] if read else None

    def _of_item(self, item: Any) -> list[Condition]:
        if not isinstance(item, dict):
            raise bad_request("conditions should be objects")
        conditions = []
        for attribute, tests in item.items():
            name = self._attribute(attribute)
            if name is None:
                continue
            if not isinstance(tests, dict) or not tests:
                raise bad_request(f"{attribute} should be an object of operators")
            for sign, value in tests.items():
                if sign not in _TESTS:
                    raise bad_request(f"{attribute} has no operator {sign}", operator=sign)
                conditions.append(Condition(name, sign, self._value(name, sign, value)))
        return conditions

    def accepts(self, attribute: str) -> bool:
        """Whether the search has an attribute."""
        return self._known(attribute) is not None

    def _attribute(self, attribute: str) -> str | None:
        """The attribute without its prefix; None for an unknown one that the dialect ignores."""
        name = self._known(attribute)
        if name is None and self.settings.dialect["unknown-attribute"] == "refused":
            raise bad_request(f"unknown attribute {attribute}", attribute=attribute)
        return name

    def _known(self, attribute: str) -> str | None:
        name = self._without_prefix(attribute)
        if name is None:
            return None
        known = (_ARCHIVED if self.archive else _STANDARD)[self.object.context]
        if name not in known and not name.startswith("custom_"):
            return None
        if not self.archive and (
            attribute in self.settings.refused_attributes or self._is_refused(name)
        ):
            return None
        return name

    def _is_refused(self, name: str) -> bool:
        """Whether the standard search lacks an attribute under the dialect."""
        if self.object.context == "company":
            dialect = self.settings.dialect["company-search"]
            return dialect == "refused" and name in ("created_at", "updated_at")
        if self.object.context in ("work_session", "work_item"):
            dialect = self.settings.dialect["work-contexts"]
            return dialect == "refused" and name != "id"
        return False

    def _without_prefix(self, attribute: str) -> str | None:
        prefixes = [f"{self.context}_", f"{self.object.context}_"]
        if self.context.startswith("kobject_"):
            dialect = self.settings.dialect["klass-contexts"]
            prefixes = prefixes[:1] if dialect == "own" else prefixes
            prefixes = prefixes[1:] if dialect == "generic" else prefixes
        for prefix in prefixes:
            if attribute.startswith(prefix):
                return attribute.removeprefix(prefix)
        return None

    def _value(self, name: str, sign: str, value: Any) -> Any:
        if not name.endswith("_at") or sign == "exists":
            return value
        zone = self.time_zone if isinstance(self.time_zone, str) else None
        try:
            return to_ms(value, zone)
        except (TypeError, ValueError, OverflowError) as error:
            raise bad_request(f"{self.context}_{name} is not a date: {value!r}") from error


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, wanted: Any) -> bool:
        try:
            return value is not None and compare(value, wanted)
        except TypeError:
            return False

    return test


def _equals(value: Any, wanted: Any) -> bool:
    return wanted in value if isinstance(value, list) else bool(value == wanted)


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return wanted in value
    return isinstance(value, str) and str(wanted).lower() in value.lower().split()


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": _equals,
    "not_equals": lambda value, wanted: not _equals(value, wanted),
    "gte": _compared(operator.ge),
    "gt": _compared(operator.gt),
    "lte": _compared(operator.le),
    "lt": _compared(operator.lt),
    "in": lambda value, wanted: (
        isinstance(wanted, list) and any(_equals(value, item) for item in wanted)
    ),
    "contains": _contains,
    "not_contains": lambda value, wanted: not _contains(value, wanted),
    "exists": lambda value, wanted: (value is not None) == bool(wanted),
}


_OPERATORS: dict[str, tuple[str, ...]] = {
    "datetime": ("equals", "gte", "gt", "lte", "lt", "exists"),
    "boolean": ("equals",),
    "string": ("equals", "not_equals", "contains", "not_contains", "in", "exists"),
}


def search_schema(settings: Settings) -> dict[str, Any]:
    """Make the record of `GET /customers/searches/schema`: what the standard search accepts."""
    properties = {}
    contexts = dict(_STANDARD)
    if settings.dialect["klass-contexts"] in ("both", "own"):
        contexts |= {f"kobject_{name}": _STANDARD["kobject"] for name in KLASS_NAMES}
    for context, names in contexts.items():
        search_object = BY_CONTEXT["kobject" if context.startswith("kobject_") else context]
        reader = _Reader(context, search_object, False, None, settings)
        for name in names:
            if reader.accepts(f"{context}_{name}"):
                properties[f"{context}_{name}"] = _property(name)
    return {
        "type": "search_schema",
        "id": ORG_ID,
        "attributes": {
            "fields": {"properties": properties},
            "operators": {
                "properties": {name: {"enum": list(signs)} for name, signs in _OPERATORS.items()}
            },
            "sort": {
                "properties": {"fields": {"enum": [n for n in properties if n.endswith("_at")]}}
            },
        },
        "relationships": {"org": {"data": {"type": "org", "id": ORG_ID}}},
    }


def _property(name: str) -> dict[str, str]:
    if name.endswith("_at"):
        return {"type": "string", "format": "date-time", "operator": "datetime"}
    if name == "deleted":
        return {"type": "boolean", "operator": "boolean"}
    return {"type": "string", "operator": "string"}
