"""The small objects of an organization: users, teams, tags, queues, settings and the like."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from kustomer_sandbox.data import newer, roles
from kustomer_sandbox.data.custom import custom_values
from kustomer_sandbox.data.ids import ORG_ID, list_code, make_id
from kustomer_sandbox.data.objects import KLASSES
from kustomer_sandbox.data.timestamps import DAY, HOUR, SECOND, YEAR, now_ms, to_text
from kustomer_sandbox.data.words import Words

Resource = dict[str, Any]
# How many of each there are, unless `counts` has another number; 5 of those that are not here.
_USUAL_COUNT = 5
USUAL_COUNTS = {
    "users": 60,
    "teams": 12,
    "tags": 80,
    "shortcuts": 90,
    "shortcut_categories": 6,
    "brands": 3,
    "business_schedules": 3,
    "klasses": len(KLASSES),
    "outbound_accounts": 5,
    "satisfaction_surveys": 4,
    "slas": 3,
    "spam_senders": 15,
    "role_groups": 5,
    "auth_tokens": 4,
    "auth_roles": len(roles.SEARCH),
    "queues": 8,
    "queue_rules": 6,
    "team_routing_settings": 12,
    "routing_statuses": 5,
    "snoozes": 5,
    "notifications": 3,
    "saved_searches": 12,
    "customer_searches_pinned": 2,
    "customer_searches_positions": 1,
    "cards": 4,
    "kviews": 7,
    "email_hooks": 3,
    "web_hooks": 4,
    "form_hooks": 2,
    "kb_articles": 25,
    "kb_categories": 6,
    "kb_forms": 2,
    "kb_routes": 30,
    "kb_tags": 9,
    "kb_templates": 3,
    "kb_themes": 2,
}
_DELETED = 0.05
# One user of so many is deactivated, one is a machine, one has not accepted the invitation.
_GONE, _MACHINE, _PENDING = 12, 20, 25
_NO_DATES = {"auth_roles", "outbound_accounts"}
_NO_LINKS = {"slas", "role_groups", "satisfaction_surveys", "spam_senders", "outbound_accounts"}
_PATHS = {
    "queues": "routing/queues",
    "queue_rules": "routing/queue-rules",
    "team_routing_settings": "routing/settings",
    "routing_statuses": "routing/statuses",
    "business_schedules": "schedules",
    "email_hooks": "hooks/email",
    "web_hooks": "hooks/web",
    "form_hooks": "hooks/form",
    "saved_searches": "customers/searches",
    "shortcut_categories": "shortcuts/categories",
    "auth_tokens": "auth/tokens",
    "kb_articles": "kb/articles",
    "kb_categories": "kb/categories",
    "kb_forms": "kb/forms",
    "kb_routes": "kb/routes",
    "kb_tags": "kb/tags",
    "kb_templates": "kb/templates",
    "kb_themes": "kb/themes",
}


# Objects whose deleted records stay, marked; of all others, deleted records are removed.
_PARENTS = {
    "business_holidays": ("business_schedules", "schedule"),
    "sla_versions": ("slas", "sla"),
}
MARKED = {"users", "teams", "tags", "shortcuts", "spam_senders", "kb_articles"}


def is_deleted(record: Resource) -> bool:
    """Whether a record is marked as deleted."""
    attributes = record["attributes"]
    return bool(attributes.get("deleted")) or attributes.get("deletedAt") is not None


def reference(kind: str, path: str, record: str) -> Resource:
    """A relationship to one record."""
    return {"links": {"self": f"/v1/{path}/{record}"}, "data": {"type": kind, "id": record}}


ORG = reference("org", "orgs", ORG_ID)


class Workspace:
    """Makes the small objects; the same seed makes the same ones.

    Attributes:
        lists: object -> its records in list order.
        disabled_schedules: ids of schedules that `enabled=true` leaves out.
        included: records that only the `included` member of answers has: holidays, SLA versions.
    """

    def __init__(self, words: Words, seed: int, counts: dict[str, int], now: int) -> None:
        self._words = words
        self._now = now
        self._chance = random.Random(f"workspace {seed}")
        usual_counts = USUAL_COUNTS | {n: _USUAL_COUNT for n in _MAKERS if n not in USUAL_COUNTS}
        usual_counts |= newer.COUNTS
        self._sizes = {name: counts.get(name, usual) for name, usual in usual_counts.items()}
        self._sizes["kb_article_versions"] = newer.versions_of(self._sizes["kb_articles"])
        self.lists: dict[str, list[Resource]] = {
            name: [self._record(name, number) for number in range(size)]
            for name, size in self._sizes.items()
        }
        self.included: dict[str, list[Resource]] = {
            "business_holidays": [
                self._holiday(schedule, child)
                for schedule in self.lists["business_schedules"]
                for child in (1, 2)
            ],
            "sla_versions": [
                self._sla_version(sla, version)
                for sla in self.lists["slas"]
                for version in range(1, sla["attributes"]["currentVersion"] + 1)
            ],
        }
        self.chat_settings = self._chat_settings()
        # No source shows how a schedule says that it is disabled.
        self.disabled_schedules = {each["id"] for each in self.lists["business_schedules"][1:2]}

    def included_in(self, name: str, parents: set[str] | None = None) -> list[Resource]:
        """The included records of parents with these ids; None: of all that exist."""
        parent, relationship = _PARENTS[name]
        if parents is None:
            parents = {record["id"] for record in self.lists[parent]}
        return [
            resource
            for resource in self.included[name]
            if resource["relationships"][relationship]["data"]["id"] in parents
        ]

    def add(self, name: str) -> Resource:
        """Make one more record of an object; it is updated now."""
        number = self._sizes[name]
        self._sizes[name] += 1
        record = self._record(name, number)
        at = to_text(now_ms())
        for stamp in record["attributes"].keys() & {"createdAt", "updatedAt", "modifiedAt"}:
            record["attributes"][stamp] = at
        self.lists[name].append(record)
        return record

    def _record(self, name: str, number: int) -> Resource:
        if name in newer.COUNTS:
            return newer.record(name, number, *self._dates())
        made = _MAKERS[name](self, number)
        record_id = made.pop("id", None) or make_id(list_code(name), number)
        kind = made.pop("type")
        relationships = {"org": ORG, **made.pop("relationships", {})}
        attributes = made
        if name == "snoozes":
            # An attribute with the name `type`, in addition to the record's own type.
            attributes["type"] = "relative"
        if name not in _NO_DATES:
            created, updated = self._dates()
            attributes |= {
                "createdAt": to_text(created),
                "updatedAt": to_text(updated),
                "modifiedAt": to_text(updated),
            }
            relationships |= {"createdBy": self._user(0), "modifiedBy": self._user(number)}
            if attributes.get("deleted"):
                attributes["deletedAt"] = to_text(updated)
                relationships["deletedBy"] = self._user(0)
        record: Resource = {
            "type": kind,
            "id": record_id,
            "attributes": attributes,
            "relationships": relationships,
        }
        if name == "auth_roles":
            return {**record, "relationships": {}, "links": {}}
        if name == "slas":
            attributes.pop("updatedAt")
            attributes.pop("modifiedAt")
        if name == "satisfaction_surveys":
            attributes["modified"] = attributes.pop("modifiedAt")
        if name not in _NO_LINKS:
            record["links"] = {"self": f"/v1/{_PATHS.get(name, name)}/{record_id}"}
        return record

    def _dates(self) -> tuple[int, int]:
        created = self._now - int(self._chance.random() * 3 * YEAR) - DAY
        return created, created + int(self._chance.random() * (self._now - created - HOUR))

    def _user(self, number: int) -> Resource:
        return reference("user", "users", make_id(list_code("users"), number % 60))

    def _deleted(self) -> bool:
        return self._chance.random() < _DELETED

    def _word(self) -> str:
        return self._words.plain_names[int(self._chance.random() * len(self._words.plain_names))]

    def user(self, number: int) -> Resource:
        """An agent, a machine user, or a former agent."""
        name = self._words.plain_names[number % len(self._words.plain_names)]
        gone = number % _GONE == _GONE - 1
        machine = number % _MACHINE == _MACHINE - 1
        at = to_text(self._now - YEAR)
        return {
            "type": "user",
            "name": name,
            "displayName": name.split(" ", maxsplit=1)[0],
            "userType": "machine" if machine else "user",
            "email": None if machine else f"{name.lower().replace(' ', '.')}{number}@example.com",
            "avatarUrl": None,
            "mobile": None,
            "emailSignature": f"{name}, Support",
            "emailVerifiedAt": None if number % _PENDING == _PENDING - 1 else at,
            "firstEmailVerifiedAt": at,
            "verifiedEmailStatus": "verified",
            "isEmailValid": True,
            "password": {"allowNew": True, "forceNew": False, "updatedAt": at},
            "roleGroups": [make_id(list_code("role_groups"), number % 5)],
            "roles": ["org.user"],
            "firstLoginAt": at,
            "mostRecentLoginAt": to_text(self._now - number * HOUR),
            "custom": custom_values("user", self._chance),
            "deletedAt": to_text(self._now - 30 * DAY) if gone else None,
        }

    def team(self, number: int) -> Resource:
        """A team of five."""
        name = ("billing", "returns", "shipping", "vip", "chat", "tier-2")[number % 6]
        return {
            "type": "team",
            "name": f"{name}-{number}",
            "displayName": f"{name.title()} {number}",
            "icon": "team",
            "members": [make_id(list_code("users"), (number * 5 + n) % 60) for n in range(5)],
            "roleGroups": [],
            "deleted": number % _GONE == _GONE - 1,
            "deletedAt": None,
        }

    def tag(self, number: int) -> Resource:
        """A tag of conversations, customers and companies."""
        return {
            "type": "tag",
            "name": f"tag {number} {self._word()}",
            "color": f"#{int(self._chance.random() * 0xFFFFFF):06X}",
            "deleted": self._deleted(),
            "deletedAt": None,
        }

    def shortcut(self, number: int) -> Resource:
        """A canned answer."""
        return {
            "type": "shortcut",
            "name": f"Answer {number}",
            "isPrivate": number % 9 == 0,
            "deleted": self._deleted(),
            "appDisabled": False,
            "rev": number % 5,
            "draft": {"text": "Hi {{customer.firstName}}, it is on its way.", "channel": ["email"]},
            "conversation": {"status": "done", "tags": [make_id(list_code("tags"), number % 80)]},
            "payload": {},
            "relationships": {
                "parent": reference(
                    "shortcut_category",
                    "shortcuts/categories",
                    make_id(list_code("shortcut_categories"), number % 6),
                )
            },
        }

    def klass(self, number: int) -> Resource:
        """A klass; its id is its name."""
        name, status, _ = KLASSES[number % len(KLASSES)]
        name += "" if number < len(KLASSES) else f"_{number}"
        return {
            "type": "klass",
            "id": name,
            "name": name,
            # Written both ways in real answers.
            ("displayname" if number % 2 else "displayName"): name.replace("_", " ").title(),
            "icon": "truck-delivery",
            "color": "",
            "appDisabled": False,
            "status": status,
            "mixins": ["assignable"],
            "s3DataUrl": None,
            "relationships": {"kobjects": {"links": {"self": f"/v1/klasses/{name}"}}},
        }

    def survey(self, number: int) -> Resource:
        """The definition of a satisfaction survey."""
        return {
            "type": "satisfaction",
            "name": f"Survey {number}",
            "formType": "csat",
            "enabled": True,
            "channel": "email",
            "description": "Sent when conversations are marked done.",
            "from": {"channel": "email", "account": "support@example.com", "app": "postmark"},
            "metaTitle": "Satisfaction",
            "metaDescription": "Email survey",
            "delayTime": 0,
            "scale": {"options": 5, "type": "number", "labelLow": "Bad", "labelHigh": "Good"},
            "introduction": "Tell us about your experience.",
            "ratingPrompt": "How satisfied are you?",
            "questions": [],
            "positiveQuestions": [],
            "negativeQuestions": [],
            "allQuestions": [],
            "followUpType": "all",
            "criteria": {"and": [], "or": []},
        }

    def sla(self, number: int) -> Resource:
        """An SLA; its targets are in its versions."""
        versions = number % 3 + 1
        me = make_id(list_code("slas"), number)
        return {
            "type": "sla",
            "currentVersion": versions,
            "relationships": {
                "versions": {
                    "data": [
                        {"type": "sla_version", "id": _child(me, version)}
                        for version in range(1, versions + 1)
                    ]
                }
            },
        }

    def _sla_version(self, sla: Resource, version: int) -> Resource:
        times = {str(priority): HOUR * priority for priority in range(1, 6)}
        return {
            "type": "sla_version",
            "id": _child(sla["id"], version),
            "attributes": {
                "name": "Email Policy",
                "description": "SLA policy for email conversations.",
                "version": version,
                "hours": "calendar",
                "metrics": {
                    "firstResponse": {"enabled": True, "times": times},
                    "totalCustomerWaitTime": {"enabled": False, "times": {}},
                },
                "criteria": {
                    "and": [{"conversation_channel": {"operator": "contains", "value": "email"}}]
                },
                "createdAt": sla["attributes"]["createdAt"],
            },
            "relationships": {
                "org": ORG,
                "createdBy": self._user(0),
                "sla": reference("sla", "slas", sla["id"]),
            },
        }

    def _holiday(self, schedule: Resource, child: int) -> Resource:
        me = _child(schedule["id"], child)
        at = schedule["attributes"]["updatedAt"]
        start = self._now + child * 30 * DAY
        return {
            "type": "holiday",
            "id": me,
            "attributes": {
                "name": f"Holiday {child}",
                "startDate": to_text(start),
                "endDate": to_text(start + DAY - SECOND),
                "description": "closed",
                "enabled": True,
                "createdAt": schedule["attributes"]["createdAt"],
                "modifiedAt": at,
                "updatedAt": at,
            },
            "relationships": {
                "org": ORG,
                "createdBy": self._user(0),
                "modifiedBy": self._user(1),
                "schedule": reference("schedule", "schedules", schedule["id"]),
            },
            "links": {"self": f"/v1/holidays/{me}"},
        }

    def article(self, number: int) -> Resource:
        """A knowledge base article in two languages."""
        slug = f"article-{number}"

        def version(lang: str) -> Resource:
            return {
                "currentVersion": {
                    "id": {
                        "_id": make_id(list_code("kb_articles"), number, 1),
                        "slug": slug,
                        "htmlBody": f"<p>{lang}</p>",
                        "title": f"Article {number}",
                        "status": "published",
                        "scope": "public",
                    }
                }
            }

        return {
            "type": "article",
            "hash": f"{number:06x}",
            "title": f"Article {number}",
            "source": "kustomer",
            "status": "published",
            "scope": "public",
            "deleted": self._deleted(),
            "tags": [],
            "categories": [],
            "knowledgeBases": [{"id": newer.id_of("kb_knowledge_bases", 0)}],
            "metaDescription": "",
            "langVersions": {"en_us": version("en_us"), "fr": version("fr")},
        }

    def _chat_settings(self) -> Resource:
        at = to_text(self._now - 9 * DAY)
        me = make_id(list_code("chat_settings"), 0)
        return {
            "type": "chat_settings",
            "id": me,
            "attributes": {
                "enabled": True,
                "autoreply": "Thanks, we will be with you soon.",
                "greeting": "Hello!",
                "teamName": "Support",
                "widgetType": "chat",
                "singleSessionChat": False,
                "closableChat": True,
                "domainCriteria": {},
                "volumeControl": {"enabled": False},
                "settingsVersion": 2,
                "updatedAt": at,
                "modifiedAt": at,
            },
            "relationships": {"org": ORG},
            "links": {"self": "/v1/chat/settings"},
        }


def _child(parent: str, child: int) -> str:
    return f"{parent[:20]}{child:04x}"


def _titled(kind: str, **more: Any) -> Callable[[Workspace, int], Resource]:
    """Make a maker of simple records.

    `#` in a text becomes the record's number; a function is called with it.
    """

    def value_of(value: Any, number: int) -> Any:
        if callable(value):
            return value(number)
        return value.replace("#", str(number)) if isinstance(value, str) else value

    def make(workspace: Workspace, number: int) -> Resource:
        return {"type": kind, **{name: value_of(value, number) for name, value in more.items()}}

    return make


def _is_second(number: int) -> bool:
    return number == 1


def _team_setting(workspace: Workspace, number: int) -> Resource:
    team = make_id(list_code("teams"), number)
    return {
        "type": "team_routing_settings",
        "id": team,
        "enabled": True,
        "queues": [make_id(list_code("queues"), number % 8)],
        "externalQueues": [],
        "relationships": {"team": reference("team", "teams", team)},
    }


def _queue(workspace: Workspace, number: int) -> Resource:
    return {
        "type": "queue",
        "name": f"queue-{number}" if number else "DEFAULT_QUEUE",
        "displayName": f"Queue {number}" if number else "Default",
        "description": "",
        "priority": 1 + number % 5,
        "itemSize": 1,
        "restrictTransfersByUsers": False,
        "system": number == 0,
        "deleted": False,
    }


def _queue_rule(workspace: Workspace, number: int) -> Resource:
    queue = make_id(list_code("queues"), number % 8)
    return {
        # The one type spelt with a hyphen.
        "type": "queue-rule",
        "enabled": number != 1,
        "relationships": {"queue": reference("queue", "routing/queues", queue)},
    }


def _schedule(workspace: Workspace, number: int) -> Resource:
    days: dict[str, Any] = {str(day): [[480, 1020]] for day in range(1, 6)}
    return {
        "type": "schedule",
        "name": f"Hours {number}",
        "hours": {"0": None, **days, "6": None},
        "timezone": "America/New_York",
        "default": number == 0,
    }


def _auth_role(workspace: Workspace, number: int) -> Resource:
    return {"type": "auth_role", "id": roles.SEARCH[number % len(roles.SEARCH)]}


def _kb_category(workspace: Workspace, number: int) -> Resource:
    title = f"Category {number}"
    lang = {"title": title, "slug": f"category-{number}", "description": "", "disabled": False}
    return {
        "type": "kb_category",
        "hash": f"{number:06x}",
        "langs": {"en_us": lang, "de": lang},
        "positions": [],
        "categoryPositions": [],
        "published": True,
        "root": number == 0,
        "relationships": {
            "knowledgeBase": reference(
                "knowledge_base", "kb/knowledge-bases", newer.id_of("kb_knowledge_bases", 1)
            )
        },
    }


_MAKERS: dict[str, Callable[[Workspace, int], Resource]] = {
    "users": Workspace.user,
    "teams": Workspace.team,
    "tags": Workspace.tag,
    "shortcuts": Workspace.shortcut,
    "shortcut_categories": _titled("shortcut_category", name="Category #"),
    "brands": _titled("brand", name="Brand #", default=False),
    "business_schedules": _schedule,
    "klasses": Workspace.klass,
    "outbound_accounts": _titled(
        "outbound_account", channel="email", name="support #", account="support#@example.com"
    ),
    "satisfaction_surveys": Workspace.survey,
    "slas": Workspace.sla,
    "spam_senders": _titled(
        "sender",
        sender="spam#@example.com",
        channel="email",
        list="blacklist",
        deleted=_is_second,
    ),
    "role_groups": _titled(
        "role_group",
        name="Agent #",
        description="Agents",
        display=True,
        system=True,
        roles=["org.user"],
    ),
    "auth_tokens": _titled(
        "auth_token",
        name="token #",
        ipAddress="192.0.2.#",
        lastTokenChars="ab#",
        roles=["org.user"],
        userAgent="Mozilla/5.0",
    ),
    "auth_roles": _auth_role,
    "queues": _queue,
    "queue_rules": _queue_rule,
    "team_routing_settings": _team_setting,
    "routing_statuses": _titled(
        "routing_user_status", name="Status #", statusType="unavailable", system=False
    ),
    "snoozes": lambda workspace, number: {
        "type": "snooze",
        "name": f"{number + 1} Hours",
        "value": HOUR * (number + 1),
        "enabled": True,
        "resource": "kobject" if number == 1 else "conversation",
    },
    "notifications": _titled(
        "notification",
        name="kustomer.conversation.firstmessagein",
        status="unread",
        event={"name": "kustomer.conversation.firstmessagein"},
    ),
    "saved_searches": _titled(
        "search",
        name="Search #",
        data={"queryContext": "conversation", "and": [{"conversation_status": {"equals": "open"}}]},
        defaultVisibility=lambda number: "none" if number == 1 else "all",
        teamVisibilities=[],
        userVisibilities=[],
    ),
    "customer_searches_pinned": _titled("search_pinned", search="Search #"),
    "customer_searches_positions": _titled("search_position", positions=[], children=[], rev=1),
    "cards": _titled(
        "card",
        name="Card #",
        description="An app's card",
        contexts=["smartbar-card"],
        url="https://example.com/card/#",
    ),
    "kviews": _titled(
        "kview",
        resource="kobject.order",
        context="expanded-timeline",
        template="Kview #",
        advanced=False,
        appDisabled=_is_second,
        components={},
        conditions={},
        enabled=True,
        layout=[],
        meta={"displayName": "View #"},
        rev=1,
    ),
    "email_hooks": _titled(
        "email_hook",
        title="Hook #",
        description="",
        email="hook#@example.com",
        eventName="kustomer.app.hook",
        hash="h#",
        key="k#",
        debug=False,
    ),
    "web_hooks": _titled(
        "web_hook",
        title="Hook #",
        description="",
        eventName="kustomer.app.hook",
        hash="h#",
        url="https://example.com/#",
        version=1,
        debug=False,
    ),
    "form_hooks": _titled(
        "form_hook",
        title="Hook #",
        description="",
        eventName="kustomer.app.hook",
        hash="h#",
        url="https://example.com/#",
        debug=False,
    ),
    "kb_articles": Workspace.article,
    "kb_categories": _kb_category,
    "kb_forms": _titled(
        "kb_form",
        name="Form #",
        slug="form-#",
        hash="f#",
        channel="email",
        published=True,
        layout=[],
        snippets=[],
        advanced=False,
        body="",
        deflection=False,
        conditions={},
    ),
    "kb_routes": _titled("kb_route", url="/en-us/article-#", routableType="article"),
    "kb_tags": _titled("kb_tag", name="kb tag #"),
    "kb_templates": _titled(
        "kb_template",
        title="Template #",
        description="",
        version="1.#",
        beta=False,
        images=[],
        jsxSnippets=[],
        manifest={},
    ),
    # `custom` is a boolean here, not a map of custom attributes.
    "kb_themes": _titled(
        "kb_theme",
        name="Theme #",
        active=True,
        custom=False,
        default=True,
        status="published",
        rev=1,
        manifest={},
        configSnippets=[],
        jsxSnippets=[],
    ),
}
