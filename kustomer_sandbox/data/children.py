"""Records below other records, made from the number of their parent at each request."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from kustomer_sandbox.data.ids import CHILD_CODES, ORG_ID, list_code, make_id
from kustomer_sandbox.data.objects import BY_NAME
from kustomer_sandbox.data.records import (
    CONVERSATION,
    CUSTOMER,
    MESSAGE,
    attachment_count,
    has_survey,
    user_id,
)
from kustomer_sandbox.data.store import Store
from kustomer_sandbox.data.timestamps import DAY, HOUR, MINUTE, to_text
from kustomer_sandbox.data.words import happens
from kustomer_sandbox.data.workspace import ORG, reference

Resource = dict[str, Any]
_PARENTS = {
    "attachments": "messages",
    "conversation_events": "conversations",
    "forwards": "conversations",
    "drafts": "customers",
    "customer_merges": "customers",
    "customer_sessions": "customers",
    "customer_events": "customers",
    "satisfaction_responses": "conversations",
    "ai_summaries": "conversations",
    "conversation_times_v2": "conversations",
}

# The names that the streams have.
_OTHER_NAMES = {
    "conversation_attachments": "attachments",
    "message_attachments": "attachments",
    "conversation_forwards": "forwards",
    "customer_drafts": "drafts",
}


class Children:
    """Makes the children of conversations, customers and messages."""

    def __init__(
        self, store: Store, customer_of: Callable[[int], int], seed: int, now: int
    ) -> None:
        self._store = store
        self._customer_of = customer_of
        self._seed = seed
        self._now = now
        self._makers: dict[str, Callable[[int], list[Resource]]] = {
            "attachments": self.attachments,
            "conversation_events": self.events,
            "forwards": self.forwards,
            "drafts": self.drafts,
            "customer_merges": self.merges,
            "customer_sessions": self.sessions,
            "customer_events": self._all_session_events,
            "satisfaction_responses": self.responses,
            "ai_summaries": self.summaries,
            "conversation_times_v2": self.times,
        }

    def of(self, name: str, parent: int) -> list[Resource]:
        """The children of one kind that a parent has, by the parent's number."""
        return self._makers[name](parent)

    def everything(self, name: str) -> Iterator[bytes]:
        """All children of one kind; only of parents that are not deleted.

        Raises:
            KeyError: if there is no such kind.
        """
        name = _OTHER_NAMES.get(name, name)
        maker, code = self._makers[name], BY_NAME[_PARENTS[name]].code
        return (
            orjson.dumps(child)
            for parent in list(self._store.present[code])
            for child in maker(parent)
        )

    def attachments(self, message: int) -> list[Resource]:
        """A message's attachments."""
        me = make_id(MESSAGE, message)
        return [self.attachment(message, child, me) for child in self._attached(message)]

    def attachment(self, message: int, child: int, message_id: str) -> Resource:
        """One attachment; its download link is signed, the real ones for minutes only."""
        me = make_id(CHILD_CODES["attachments"], message, child)
        return {
            "type": "attachment",
            "id": me,
            "attributes": {
                "name": f"photo{child}.jpg",
                "contentType": "image/jpeg",
                "contentLength": 1_000 + message % 90_000,
                "redacted": False,
            },
            "relationships": {"org": ORG, "message": reference("message", "messages", message_id)},
            "links": {
                "self": f"/v1/messages/{message_id}/attachments/{me}",
                "related": f"https://attachments.example.com/{ORG_ID}/{me}?X-Amz-Expires=600"
                f"&X-Amz-Signature={me[::-1]}",
            },
        }

    def media(self, me: str) -> Resource:
        """A file uploaded for the help center or a setting."""
        at = to_text(self._now - 100 * DAY)
        return {
            "type": "attachment",
            "id": me,
            "attributes": {
                "name": "picture.jpg",
                "contentType": "image/jpeg",
                "contentLength": 512,
                "redacted": False,
                "uploaded": True,
                "createdAt": at,
                "updatedAt": at,
                "context": "attachment",
            },
            "relationships": {"org": ORG},
            "links": {"self": f"/v1/attachments/{me}"},
        }

    def has_attachment(self, message: int, child: int) -> bool:
        """Whether there is such an attachment."""
        return child in self._attached(message)

    def _attached(self, message: int) -> range:
        return range(1, 1 + attachment_count(message))

    def events(self, conversation: int) -> list[Resource]:
        """The events of a conversation."""
        chance, talk = self._chance("events", conversation), make_id(CONVERSATION, conversation)
        owner = make_id(CUSTOMER, self._customer_of(conversation))
        return [
            self._event(owner, make_id(CHILD_CODES["conversation_events"], conversation, child))
            | {"attributes": self._changes(chance, child)}
            | {
                "relationships": {
                    "org": ORG,
                    "createdBy": reference("user", "users", user_id(child)),
                    "modifiedBy": reference("user", "users", user_id(child)),
                    "customer": reference("customer", "customers", owner),
                    "conversation": reference("conversation", "conversations", talk),
                }
            }
            for child in range(1, 2 + int(chance.random() * 5))
        ]

    def _changes(self, chance: random.Random, child: int) -> Resource:
        at = to_text(self._now - int(chance.random() * 200 * DAY))
        before, after = user_id(child), user_id(child + 1)
        return {
            "name": "kustomer.conversation.update",
            # Not the record's type.
            "type": "conversation",
            "publishedAt": at,
            "createdAt": at,
            "updatedAt": at,
            "modifiedAt": at,
            "changes": {
                "attributes": {
                    "assignedUsers": {"op": "replace", "before": [before], "after": [after]}
                },
                "relationships": {},
            },
            "location": None,
            "meta": None,
        }

    def _event(self, customer: str, me: str) -> Resource:
        return {
            "type": "customer_event",
            "id": me,
            "links": {"self": f"/v1/customers/{customer}/events/{me}"},
        }

    def forwards(self, conversation: int) -> list[Resource]:
        """The forwards of a conversation; rare."""
        chance = self._chance("forwards", conversation)
        if not happens(chance, 0.1):
            return []
        me = make_id(CHILD_CODES["forwards"], conversation, 1)
        talk = make_id(CONVERSATION, conversation)
        return [
            {
                "type": "forward",
                "id": me,
                "attributes": {
                    "app": "gmail",
                    "channel": "email",
                    "body": "Could you look at this?",
                    "subject": "Fwd",
                    "from": {"name": "Support", "email": "support@example.com"},
                    "to": [{"name": "Billing", "email": "billing@example.com"}],
                    "payload": _DRAFT_JS,
                    "status": "draft",
                    **self._stamps(chance),
                },
                "relationships": {
                    "org": ORG,
                    "attachments": {"data": []},
                    "conversation": reference("conversation", "conversations", talk),
                },
                "links": {"self": f"/v1/forwards/{me}"},
            }
        ]

    def drafts(self, customer: int) -> list[Resource]:
        """Unfinished messages to a customer; rare."""
        chance = self._chance("drafts", customer)
        if not happens(chance, 0.1):
            return []
        me = make_id(CHILD_CODES["drafts"], customer, 1)
        return [
            {
                "type": "draft",
                "id": me,
                "attributes": {
                    "channel": "chat",
                    "body": "Hi!",
                    "payload": _DRAFT_JS,
                    "status": "draft",
                    **self._stamps(chance),
                },
                "relationships": {
                    "org": ORG,
                    "customer": reference("customer", "customers", make_id(CUSTOMER, customer)),
                },
                "links": {"self": f"/v1/drafts/{me}"},
            }
        ]

    def merges(self, customer: int) -> list[Resource]:
        """Customers that were merged into this one; rare."""
        chance = self._chance("merges", customer)
        if not happens(chance, 0.05):
            return []
        me = make_id(CHILD_CODES["customer_merges"], customer, 1)
        source = make_id(CUSTOMER, 0xFFFFFF + customer)
        stamps = self._stamps(chance)
        stamps.pop("modifiedAt")
        return [
            {
                "type": "customer_merge",
                "id": me,
                "attributes": {"status": "success", **stamps},
                "relationships": {
                    "org": ORG,
                    "source": reference("customer", "customers", source),
                    "target": reference("customer", "customers", make_id(CUSTOMER, customer)),
                },
                "links": {"self": f"/v1/customers/merges/{me}"},
            }
        ]

    def sessions(self, customer: int) -> list[Resource]:
        """Visits of a customer to the web site."""
        chance, owner = self._chance("sessions", customer), make_id(CUSTOMER, customer)
        sessions = []
        for child in range(1, 1 + int(chance.random() * 3)):
            began = self._now - int(chance.random() * 100 * DAY) - HOUR
            sessions.append(
                {
                    "type": "customer_session",
                    "id": make_id(CHILD_CODES["customer_sessions"], customer, child),
                    "attributes": {
                        # The events' path has this id, not the record's.
                        "sessionId": make_id(
                            CHILD_CODES["customer_sessions"], customer, child + 99
                        ),
                        "firstEventAt": to_text(began),
                        "lastEventAt": to_text(began + 9 * MINUTE),
                        "count": 2,
                    },
                    "relationships": {
                        "org": ORG,
                        "customer": reference("customer", "customers", owner),
                    },
                    "links": {"self": f"/v1/customers/{owner}/sessions"},
                }
            )
        return sessions

    def session_events(self, customer: int, session_id: str) -> list[Resource] | None:
        """The events of one visit, by its `sessionId`; None: there is no such visit."""
        for session in self.sessions(customer):
            if session["attributes"]["sessionId"] == session_id:
                return [self._tracking(customer, session, child) for child in (1, 2)]
        return None

    def _all_session_events(self, customer: int) -> list[Resource]:
        return [
            self._tracking(customer, session, child)
            for session in self.sessions(customer)
            for child in (1, 2)
        ]

    def _tracking(self, customer: int, session: Resource, child: int) -> Resource:
        owner = make_id(CUSTOMER, customer)
        place = int(session["id"][20:], 16) * 10 + child
        return {
            **self._event(owner, make_id(CHILD_CODES["customer_events"], customer, place)),
            "attributes": {
                "name": "kustomer.tracking.identified.event",
                "trackingEvent": "tracking.page-viewed",
                "app": None,
                "publishedAt": session["attributes"]["firstEventAt"],
                "createdAt": session["attributes"]["firstEventAt"],
                "location": {"countryCode": "US", "cityName": "Huntington", "latitude": 40.8719},
                "meta": {"statusStr": "Silver"},
                "sessionId": session["attributes"]["sessionId"],
                "realIp": "192.0.2.7",
            },
            "relationships": {
                "org": ORG,
                "createdBy": None,
                "modifiedBy": None,
                "customer": reference("customer", "customers", owner),
            },
        }

    def responses(self, conversation: int) -> list[Resource]:
        """The responses to the satisfaction survey about a conversation: one, or none."""
        if not has_survey(conversation):
            return []
        me = make_id(CHILD_CODES["satisfaction_responses"], conversation, 1)
        talk, owner = make_id(CONVERSATION, conversation), self._customer_of(conversation)
        survey = make_id(list_code("satisfaction_surveys"), 0)
        stamps = self._stamps(self._chance("responses", conversation))
        return [
            {
                "type": "satisfaction_response",
                "id": me,
                "attributes": {
                    "formType": "csat",
                    "channel": "email",
                    "app": "postmark",
                    "status": "rated",
                    "answers": [{"question": "Why?", "answer": "Quick."}],
                    "rating": 5,
                    "score": 100,
                    "scheduledFor": None,
                    "sentAt": stamps["createdAt"],
                    "firstReadAt": None,
                    "submittedAt": stamps["updatedAt"],
                    "lockedAt": None,
                    "completedAt": stamps["updatedAt"],
                    **stamps,
                },
                "relationships": {
                    "org": ORG,
                    "satisfaction": reference("satisfaction", "satisfaction", survey),
                    "customer": reference("customer", "customers", make_id(CUSTOMER, owner)),
                    "conversation": reference("conversation", "conversations", talk),
                },
                "links": {"self": f"/v1/satisfaction-responses/{me}"},
            }
        ]

    def summaries(self, conversation: int) -> list[Resource]:
        """The AI summaries of a conversation: one, or none."""
        if conversation % 2:
            return []
        stamps = self._stamps(self._chance("summaries", conversation))
        return [
            {
                "type": "summary",
                "id": make_id(CHILD_CODES["ai_summaries"], conversation, 1),
                "attributes": {
                    "resourceId": make_id(CONVERSATION, conversation),
                    "resourceType": "conversation",
                    "text": "The customer waits for a parcel.",
                    "createdAt": stamps["createdAt"],
                    "updatedAt": stamps["updatedAt"],
                    "lastSummarizedAt": stamps["updatedAt"],
                },
                "relationships": {"org": ORG},
            }
        ]

    def times(self, conversation: int) -> list[Resource]:
        """The times of version 2 timers that agents spent on a conversation."""
        talk, owner = make_id(CONVERSATION, conversation), self._customer_of(conversation)
        agent = user_id(conversation)
        created = self._stamps(self._chance("times", conversation))["createdAt"]
        return [
            {
                "type": "conversation_time",
                "id": make_id(CHILD_CODES["conversation_times_v2"], conversation, child),
                "attributes": {
                    "createdAt": created,
                    "createdByTeams": [],
                    "assignedUsers": [agent],
                    "assignedTeams": [],
                    "handleAt": created,
                    "handleTime": 19_250 + child,
                    # An attribute and a relationship of one name.
                    "handleBy": agent,
                    "timerVersion": "v2",
                    "isFocused": True,
                    "isInitialFocusSession": child == 1,
                    "agentActionTrigger": "reply_sent",
                    "conversationStatus": "open",
                    "messageAt": created,
                    "messageTime": 9_000,
                    "messagesSent": 1,
                    "channels": ["email"],
                    "touched": True,
                },
                "relationships": {
                    "org": ORG,
                    "customer": reference("customer", "customers", make_id(CUSTOMER, owner)),
                    "conversation": reference("conversation", "conversations", talk),
                    "createdBy": reference("user", "users", agent),
                    "handleBy": reference("user", "users", agent),
                },
                "links": {"self": f"/v2/conversations/{talk}/times"},
            }
            for child in (1, 2)
        ]

    def _chance(self, kind: str, parent: int) -> random.Random:
        return random.Random(f"{self._seed} {kind} {parent}")

    def _stamps(self, chance: random.Random) -> Resource:
        created = self._now - int(chance.random() * 300 * DAY) - HOUR
        updated = to_text(created + MINUTE)
        return {"createdAt": to_text(created), "updatedAt": updated, "modifiedAt": updated}


_DRAFT_JS = {"draftJs": {"blocks": [{"type": "unstyled", "text": "Hi!", "key": "a789"}]}}
