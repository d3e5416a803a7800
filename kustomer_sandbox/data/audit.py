"""The audit log: generated entries, and one for each deletion of a conversation or a customer."""

from __future__ import annotations

import random
from typing import Any

from kustomer_sandbox.data.ids import CHILD_CODES, ORG_ID, make_id
from kustomer_sandbox.data.records import CONVERSATION, CUSTOMER, user_id
from kustomer_sandbox.data.timestamps import DAY, HOUR, SECOND, to_text
from kustomer_sandbox.data.workspace import reference

Resource = dict[str, Any]
USUAL_COUNT = 3_000
# Objects whose deletions are entries, by the sandbox's name of the object.
RECORDED = {"conversations": "conversation", "customers": "customer"}
_FIRST_RECORDED = 1 << 24
_USERS = 60


class AuditLog:
    """The entries of the audit log.

    Args:
        seed: the same seed makes the same entries.
        now: when the log was generated, ms since 1970.
        count: how many entries to generate.
    """

    def __init__(self, seed: int, now: int, count: int) -> None:
        chance = random.Random(f"{seed} audit")
        self._generated = [_generated(chance, now, number) for number in range(count)]
        self._recorded: list[Resource] = []

    def newest_first(self) -> list[Resource]:
        """All entries, in the order of the documented log."""
        entries = [*self._recorded, *self._generated]
        return sorted(
            entries, key=lambda entry: str(entry["attributes"]["createdAt"]), reverse=True
        )

    def record_deletion(self, kind: str, record_id: str, at: int) -> None:
        """Add the entry of a deletion.

        Args:
            kind: of the record, such as `conversation`.
            record_id: of the deleted record.
            at: when, ms since 1970.
        """
        number = _FIRST_RECORDED + len(self._recorded)
        self._recorded.append(
            _entry(number, at, "delete", target=(kind, record_id), user=user_id(0), changes={})
        )


def _generated(chance: random.Random, now: int, number: int) -> Resource:
    """One generated entry; a higher number is older."""
    at = now - number * 2 * HOUR - int(chance.random() * HOUR)
    human = number % 3 == 0
    changes = {"status": {"op": "replace", "before": "open", "after": "done"}}
    return _entry(
        number,
        at,
        "update",
        target=("conversation", make_id(CONVERSATION, number)),
        user=user_id(number % _USERS) if human else None,
        changes=changes,
    )


def _entry(
    number: int,
    at: int,
    verb: str,
    *,
    target: tuple[str, str],
    user: str | None,
    changes: Resource,
) -> Resource:
    kind, record_id = target
    return {
        "type": "audit_log",
        "id": make_id(CHILD_CODES["audit_logs"], number),
        "attributes": {
            "eventName": f"kustomer.{kind}.{verb}",
            "eventVerb": verb,
            "org": ORG_ID,
            "userId": user,
            "userType": "user" if user else "system",
            "objectId": record_id,
            "objectType": kind,
            "client": "routing-api",
            "ip": "192.0.2.1" if user else None,
            "changes": {"attributes": changes, "relationships": {}},
            "createdAt": to_text(at),
            "publishedAt": to_text(at + 7 * SECOND),
            "expiresAt": to_text(at + 364 * DAY),
        },
        "relationships": {
            "customer": reference("customer", "customers", make_id(CUSTOMER, number)),
            "user": {
                "links": {"self": f"/v1/users/{user or 'null'}"},
                "data": {"type": "user", "id": user},
            },
        },
    }
