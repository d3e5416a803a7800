"""CPU time for mapping a resource to a row, which is a part of the CPU time per record.

For a conversation and a message as busy organizations have them.
"""

from __future__ import annotations

import time
from typing import Any

import orjson

from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.row import Row
from source_kustomer.streams.conversations import ConversationRow, MessageRow

RECORDS = 20_000
ROUNDS = 5

METADATA = {
    "attributes": {
        "properties": {
            "orderNumberNum": {"type": "number", "displayName": "Order number"},
            "reasonStr": {"type": "string", "enumeration": ["late", "broken", "lost"]},
            "refundedAt": {"type": "date"},
            "escalatedBool": {"type": "boolean"},
        }
    }
}


def _related(kind: str, identity: str) -> dict[str, Any]:
    return {"links": {"self": f"/v1/{kind}s/{identity}"}, "data": {"type": kind, "id": identity}}


def _moment(minute: int) -> str:
    return f"2026-03-04T10:{minute:02d}:05.123Z"


CONVERSATION = {
    "type": "conversation",
    "id": "65e5a1b2c3d4e5f601234567",
    "attributes": {
        "externalId": "order-10592",
        "name": "Where is my order?",
        "preview": "Hello, I ordered two pairs of shoes last week and have not heard since. " * 2,
        "channels": ["email", "chat"],
        "status": "done",
        "messageCount": 6,
        "noteCount": 1,
        "satisfaction": 4,
        "satisfactionLevel": {"sentAt": _moment(40), "score": 4, "answers": []},
        "createdAt": _moment(1),
        "updatedAt": _moment(50),
        "modifiedAt": _moment(49),
        "lastActivityAt": _moment(49),
        "lastMessageAt": _moment(30),
        "lastReceivedAt": _moment(28),
        "spam": False,
        "ended": True,
        "endedAt": _moment(45),
        "endedReason": "done",
        "endedByType": "user",
        "snooze": None,
        "snoozeCount": 0,
        "tags": ["5a1b2c3d4e5f60718293a4b5", "5a1b2c3d4e5f60718293a4b6"],
        "suggestedTags": [],
        "predictions": [],
        "suggestedShortcuts": [],
        "firstMessageIn": {
            "id": "65e5a1b2c3d4e5f601234568",
            "sentAt": _moment(1),
            "channel": "email",
            "directionType": "initial-in",
            "createdAt": _moment(1),
        },
        "firstMessageOut": {
            "id": "65e5a1b2c3d4e5f601234569",
            "sentAt": _moment(9),
            "createdBy": "5f5a1d2c9b1e8a001c3d4e5f",
            "createdByTeams": ["6012d5695881a2250a069011"],
            "channel": "email",
        },
        "lastMessageIn": {"id": "65e5a1b2c3d4e5f601234570", "sentAt": _moment(28)},
        "lastMessageOut": {"id": "65e5a1b2c3d4e5f601234571", "sentAt": _moment(30)},
        "assignedUsers": ["5f5a1d2c9b1e8a001c3d4e5f"],
        "assignedTeams": ["6012d5695881a2250a069011"],
        "firstResponse": {
            "createdBy": "5f5a1d2c9b1e8a001c3d4e5f",
            "createdByTeams": ["6012d5695881a2250a069011"],
            "assignedUsers": [],
            "responseTime": 480_000,
            "businessTime": 480_000,
        },
        "firstDone": {
            "createdBy": "5f5a1d2c9b1e8a001c3d4e5f",
            "createdAt": _moment(45),
            "noteCount": 1,
            "messageCount": 6,
            "businessTime": 2_640_000,
        },
        "direction": "in",
        "outboundMessageCount": 3,
        "inboundMessageCount": 3,
        "reopenCount": 0,
        "doneCount": 1,
        "priority": 3,
        "defaultLang": "en_us",
        "rev": 41,
        "custom": {
            "orderNumberNum": 10592,
            "reasonStr": "late",
            "refundedAt": "2026-03-04T10:44:00Z",
            "escalatedBool": False,
        },
    },
    "relationships": {
        "org": _related("org", "57f29863a1dbf61100e6aa92"),
        "customer": _related("customer", "58210c3db0f09110006b7953"),
        "messages": {"links": {"self": "/v1/conversations/65e5a1b2c3d4e5f601234567/messages"}},
        "createdBy": _related("user", "5f5a1d2c9b1e8a001c3d4e5f"),
        "modifiedBy": _related("user", "5f5a1d2c9b1e8a001c3d4e5f"),
        "queue": _related("queue", "60b6b1b3b3b3b3b3b3b3b3b3"),
    },
    "links": {"self": "/v1/conversations/65e5a1b2c3d4e5f601234567"},
}

MESSAGE = {
    "type": "message",
    "id": "65e5a1b2c3d4e5f601234568",
    "attributes": {
        "externalId": "<CAB0x1yQ@mail.example.com>",
        "channel": "email",
        "app": "postmark",
        "size": 2048,
        "direction": "in",
        "directionType": "initial-in",
        "preview": "Hello, I ordered two pairs of shoes last week and have not heard since. " * 12,
        "subject": "Where is my order?",
        "sentiment": {"confidence": 0.71, "polarity": -1},
        "meta": {
            "subject": "Where is my order?",
            "from": "jo@example.com",
            "to": [{"email": "support@example.com"}],
            "cc": [],
            "bcc": [],
            "recipient": {"email": "support@example.com", "mailboxHash": ""},
            "inReplyTo": None,
        },
        "status": "received",
        "lang": "en_us",
        "auto": False,
        "assignedTeams": ["6012d5695881a2250a069011"],
        "assignedUsers": [],
        "createdByTeams": [],
        "reactions": [],
        "intentDetections": [],
        "redacted": False,
        "rev": 2,
        "sentAt": _moment(1),
        "createdAt": _moment(1),
        "updatedAt": _moment(2),
        "modifiedAt": _moment(2),
    },
    "relationships": {
        "org": _related("org", "57f29863a1dbf61100e6aa92"),
        "customer": _related("customers", "58210c3db0f09110006b7953"),
        "conversation": _related("conversation", "65e5a1b2c3d4e5f601234567"),
        "createdBy": _related("user", "5f5a1d2c9b1e8a001c3d4e5f"),
        "modifiedBy": _related("user", "5f5a1d2c9b1e8a001c3d4e5f"),
    },
    "links": {
        "self": "/v1/messages/65e5a1b2c3d4e5f601234568",
        "related": "/v1/postmark/messages/65e5a1b2c3d4e5f601234568",
    },
}


def microseconds(record: type[Row], resource: dict[str, Any]) -> float:
    """Return the CPU that one record takes, in microseconds: the best of several rounds."""
    flatten = RowMapper(record, custom=CustomAttributes.from_metadata(METADATA)).flatten
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(RECORDS):
            flatten(resource)
        best = min(best, time.process_time() - started)
    return best / RECORDS * 1_000_000


def flattening() -> str:
    """Return one line per kind of record."""
    records: list[tuple[type[Row], dict[str, Any]]] = [
        (ConversationRow, CONVERSATION),
        (MessageRow, MESSAGE),
    ]
    return "\n".join(
        f"  flattening alone: {microseconds(record, resource):.1f} µs of CPU for a "
        f"{record.__name__} of {len(orjson.dumps(resource)):,} bytes"
        for record, resource in records
    )
