"""The objects that are read by search, and the klasses of the generated organization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SearchObject:
    """An object that is read by search.

    Attributes:
        name: the sandbox's name of the object, in the plural.
        context: its `queryContext`.
        code: a small number that stands in the ids of its records.
        share: its share of the generated records.
        archived: whether the archive search accepts the context.
        cursor: the attribute that orders it: conversation times have no `updatedAt`.
    """

    name: str
    context: str
    code: int
    share: float
    archived: bool = True
    cursor: Literal["updated", "created"] = "updated"


SEARCH_OBJECTS = (
    SearchObject("customers", "customer", 1, 0.15),
    SearchObject("conversations", "conversation", 2, 0.20),
    SearchObject("messages", "message", 3, 0.49),
    SearchObject("notes", "note", 4, 0.06, archived=False),
    SearchObject("companies", "company", 5, 0.01),
    SearchObject("kobjects", "kobject", 6, 0.06),
    SearchObject("conversation_times", "conversation_time", 7, 0.01, False, "created"),
    SearchObject("work_sessions", "work_session", 8, 0.01, archived=False),
    SearchObject("work_items", "work_item", 9, 0.01, archived=False),
)
BY_CONTEXT = {search_object.context: search_object for search_object in SEARCH_OBJECTS}
BY_NAME = {search_object.name: search_object for search_object in SEARCH_OBJECTS}

# Name, status and share of the kobjects. Names contain hyphens, underscores and an app's prefix,
# which is what makes `kobject_<klass>` hard to parse. `structure.use` replaces them.
KLASSES: list[tuple[str, str, float]] = [
    ("order", "enabled", 0.5),
    ("shopify-order", "enabled", 0.2),
    ("call_back_request", "enabled", 0.1),
    ("loop_returns_7f3a-return-item", "enabled", 0.1),
    ("subscription", "existing_only", 0.06),
    ("legacy_warranty-claim", "disabled", 0.04),
]
KLASS_NAMES = [name for name, _, _ in KLASSES]
