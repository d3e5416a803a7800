"""Ids: 24 hex digits as Kustomer's, from which the sandbox finds the record.

8 digits  scrambled number, so that ids do not look like a sequence
4 digits  code of the object
8 digits  number of the record within its object
4 digits  which of a record's children (0: the record itself)
"""

from __future__ import annotations

import re

_FORM = re.compile(r"[0-9a-f]{24}")
# Codes of the objects that are made from their parents.
CHILD_CODES = {
    name: 0x40 + place
    for place, name in enumerate(
        (
            "attachments",
            "conversation_events",
            "forwards",
            "drafts",
            "customer_merges",
            "customer_sessions",
            "customer_events",
            "audit_logs",
            "media",
            "satisfaction_responses",
            "ai_summaries",
            "conversation_times_v2",
        )
    )
}
_LIST_CODES: dict[str, int] = {}


def list_code(name: str) -> int:
    """The code of an object that is read by a list; the same in every run."""
    if name not in _LIST_CODES:
        _LIST_CODES[name] = 0x1000 | (sum(map(ord, name)) * 31 + len(name) * 7) % 0xEFF
    return _LIST_CODES[name]


def make_id(code: int, number: int, child: int = 0) -> str:
    """The id of a record or of one of its children."""
    scrambled = (number * 2_654_435_761 + code * 40_503 + child * 97) & 0x3FFFFFFF | 0x40000000
    return f"{scrambled:08x}{code:04x}{number:08x}{child:04x}"


def parse_id(text: str) -> tuple[int, int, int] | None:
    """Code, record number and child of an id; None if the sandbox did not make it."""
    if not _FORM.fullmatch(text):
        return None
    code, number, child = int(text[8:12], 16), int(text[12:20], 16), int(text[20:], 16)
    return (code, number, child) if make_id(code, number, child) == text else None


ORG_ID = make_id(0x0F01, 1)
