"""Two syncs under a dialect of the API, compared with the truth."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Final
from unittest.mock import patch

from airbyte_cdk import AirbyteTracedException
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
    Type,
)

from integration_tests.connector import UNLIMITED, Message, configured
from integration_tests.dialects.expectations import DELETIONS_HIDDEN, DOCUMENTED
from integration_tests.reliability.destination import differing_column
from kustomer_sandbox import Sandbox
from kustomer_sandbox.control.process import SandboxError
from kustomer_sandbox.data import roles
from kustomer_sandbox.data.masks import MASKED
from kustomer_sandbox.data.workspace import is_deleted
from source_kustomer.airbyte import source
from source_kustomer.engine import attachments, receipts, search, window_tasks
from source_kustomer.kustomer import client, list_pass, total_hits
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.rows.names import STREAM_PREFIX, stream_of_klass
from source_kustomer.sync import cursor, windows

Dialect = Mapping[str, str]
Row = Mapping[str, Any]

LOGGER: Final = logging.getLogger("airbyte")
PAGE: Final = 10
LIST_PAGE: Final = 10
LIST_CAP: Final = 20
COUNTS: Final = {
    "customers": 8,
    "conversations": 8,
    "messages": 20,
    "notes": 6,
    "companies": 6,
    "kobjects": 12,
    "conversation_times": 5,
    "work_sessions": 5,
    "work_items": 6,
    "audit_logs": 16,
    "users": 26,
    "teams": 12,
    "tags": 12,
    "shortcuts": 24,
    "kb_articles": 5,
    "kb_routes": 5,
    "saved_searches": 5,
    "spam_senders": 5,
}
SEARCHED: Final = ("customers", "conversations", "messages", "notes", "companies", "kobjects")
ARCHIVED: Final = ("customers", "conversations", "messages", "companies", "kobjects")
LISTED: Final = (
    "users",
    "teams",
    "tags",
    "shortcuts",
    "brands",
    "business_schedules",
    "queues",
    "queue_rules",
    "snoozes",
    "kviews",
    "kb_templates",
    "spam_senders",
)
OBJECTS: Final = {
    "snooze_presets": "snoozes",
    "pinned_searches": "customer_searches_pinned",
    "saved_search_positions": "customer_searches_positions",
    "roles": "auth_roles",
}
"""The sandbox's names of objects whose streams have names of their own."""
NOT_COMPARED: Final = {
    "satisfaction_surveys": {"modified"},
    "snooze_presets": {"value"},
    "email_hooks": {"email", "hash", "key"},
    "form_hooks": {"hash", "url"},
    "outbound_webhook_transactions": {"sentAt"},
    "outbound_webhooks": {"headers", "token"},
    "settings": {"value"},
    "workflow_errors": {"event"},
    "web_hooks": {"hash", "url"},
}
"""Attributes that are left out on purpose, or have another name as a column."""
PARENTS: Final[Mapping[str, Sequence[str]]] = {
    "ai_summaries": ("conversations",),
    "business_holidays": ("business_schedules",),
    "conversation_attachments": ("conversations", "messages"),
    "conversation_events": ("conversations",),
    "conversation_forwards": ("conversations",),
    "conversation_times_v2": ("conversations",),
    "customer_drafts": ("customers",),
    "customer_events": ("customers",),
    "customer_merges": ("customers",),
    "customer_sessions": ("customers",),
    "message_attachments": ("messages",),
    "satisfaction_responses": ("conversations",),
}
"""Streams whose rows of deleted parents stay in the destination."""
NOT_ARCHIVED: Final = ("conversation_times", "notes", "work_sessions", "work_items")
CASES_PER_SANDBOX: Final = 10
"""Each case leaves changed records behind, which make the next one slower."""
ARCHIVE_AGE: Final = timedelta(days=800)
BEHIND: Final = 100.0
"""Seconds by which the sandbox's clock is behind in a first sync. So the changes lie well after its
end, and well before the next sync."""
SETTLED: Final = {"index": "prompt"}
"""Values that end what a switch began, for a third sync."""
GROWING: Final = {"list-order": "newest-first"}
"""The second sync reads lists that no longer grow, so that the truth stands still."""
AUDITED: Final = ("conversations", "customers")
"""Streams whose deletions are in the audit log."""
WITHOUT_ROLE: Final = "brands"
"""The stream that the key may not read under the switch `role`."""
FEATURE: Final = "ai_"
"""How the streams begin that the plan lacks under the switch `plan-feature`."""


@dataclass
class Verdict:
    """What became of two syncs under a dialect.

    Attributes:
        differences: stream -> how its rows differ from the truth.
        errors: stream -> its error in the last sync.
        warnings: of all syncs.
    """

    dialect: Dialect
    differences: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What is neither exact nor documented; empty for a good verdict."""
        outcomes = [DOCUMENTED[pair] for pair in self.dialect.items() if pair in DOCUMENTED]
        errors = [outcome.error for outcome in outcomes if outcome.error]
        incomplete = {stream for outcome in outcomes for stream in outcome.incomplete}
        return [
            *(
                f"{stream}: fails: {error}"
                for stream, error in self.errors.items()
                if not any(re.search(pattern, error) for pattern in errors)
            ),
            *(
                f"{stream}: {difference}"
                for stream, difference in self.differences.items()
                if stream not in self.errors and stream not in incomplete
            ),
            *(
                f"no error matches {pattern!r}"
                for pattern in errors  # of two, the one can come before the other
                if not any(_matches(one, self.errors.values()) for one in errors)
            ),
            *(
                f"no warning matches {outcome.warning!r}"
                for outcome in outcomes
                if outcome.warning and not errors and not _matches(outcome.warning, self.warnings)
            ),
        ]

    @property
    def summary(self) -> str:
        """What the rows are, in a word or two."""
        if self.problems:
            return "WRONG"
        return "as documented" if self.errors or self.differences else "exact"


def _matches(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text) for text in texts)


class _FastClock:
    """A clock whose waits end at once: they move its time forward instead."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def clock(self) -> Clock:
        """Make the connector's clock."""
        return Clock(monotonic=lambda: time.monotonic() + self._skipped, wait=self._wait)

    def _wait(self, event: threading.Event, seconds: float) -> bool:
        self._skipped += seconds
        return event.is_set()


class Matrix:
    """Runs dialects against one sandbox, one after the other; use it in a `with` statement.

    Args:
        streams: the streams to sync; none: all of them.
        like: a doctor's report whose klasses and custom attributes the sandbox has.
    """

    def __init__(self, streams: Sequence[str] = (), *, like: str | None = None) -> None:
        self._wanted = frozenset(streams)
        self._cases = 0
        self._sandbox = Sandbox(
            0,
            seed=3,
            like=like,
            page_sizes={},
            forbidden={},
            absent=[],
            counts=dict(COUNTS),
            max_page_size=PAGE,
            max_list_page=LIST_PAGE,
            total_cap=PAGE,
            list_record_cap=LIST_CAP,
            max_ids=1,
            record_cap=PAGE * 20,
            **UNLIMITED,
        )
        self._streams: list[Message] = []

    def __enter__(self) -> Matrix:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.stop()

    def _start(self) -> None:
        """Start a sandbox with the data of the start."""
        self._sandbox.start()
        old = _text(datetime.now(timezone.utc) - ARCHIVE_AGE)
        for name in ARCHIVED:
            self._sandbox.change(name, inserts=2, at=old)
        customer = self._sandbox.truth("customers")[0]
        at = customer["attributes"]["updatedAt"]
        self._sandbox.change("customers", ids=[customer["id"]], at=at, set={"birthdayAt": MASKED})
        # More records of one timestamp than two pages have.
        tied = _text(datetime.now(timezone.utc) - timedelta(days=5))
        self._sandbox.ties("messages", 2 * PAGE + 5, tied, same_created=True)
        with self._environment():
            catalog = source.SourceKustomer().discover(LOGGER, self._config(self._sandbox.key))
        found = _as_json(AirbyteMessage(type=Type.CATALOG, catalog=catalog))
        self._streams = [
            one
            for one in found["catalog"]["streams"]
            if not self._wanted or one["name"] in self._wanted
        ]

    def run(self, dialect: Dialect) -> Verdict:
        """Sync twice under a dialect, with changes between, and compare with the truth."""
        self._cases += 1
        stalls = dialect.get("index") == "stalled"
        if stalls or "deletes" in dialect or self._cases % CASES_PER_SANDBOX == 0:
            self._sandbox.stop()
            self._start()
        verdict = Verdict(dialect)
        key = self._key(dialect)
        destination = _Rows()
        at_first = {**dialect, "index": "prompt"} if stalls else dict(dialect)
        self._sandbox.control(dialect=at_first, clock_ahead=-BEHIND)
        self._sync(destination, verdict, key)
        if "deletes" in dialect:  # the first sync that follows another one counts deleted records
            self._sandbox.control(clock_ahead=-BEHIND * 3 / 4)
            self._sync(destination, verdict, key)
        self._sandbox.control(
            dialect={
                name: GROWING.get(name, value) if value == "growing" else value
                for name, value in dialect.items()
            },
            clock_ahead=0.0,
        )
        self._change(_text(datetime.now(timezone.utc) - timedelta(seconds=BEHIND / 2)))
        self._sync(destination, verdict, key)
        if SETTLED.keys() & dialect.keys():
            self._sandbox.control(dialect={**dialect, **SETTLED})
            self._sync(destination, verdict, key)
        self._compare(destination, verdict, dialect)
        return verdict

    # Syncs

    @contextmanager
    def _environment(self) -> Iterator[None]:
        clock = _FastClock().clock()
        with (
            patch.dict("os.environ", {source.API_URL_VARIABLE: self._sandbox.url}),
            _daily_checks(),
            patch.multiple(
                source, Client=partial(Client, clock=clock), Budgets=partial(Budgets, clock=clock)
            ),
        ):
            yield

    @staticmethod
    def _config(key: str) -> dict[str, Any]:
        return {"api_key": key, "start_date": "2015-01-01", "lookback_minutes": 0}

    def _key(self, dialect: Dialect) -> str:
        if "role" not in dialect:
            return self._sandbox.key
        granted = {
            role
            for name, value in vars(roles).items()
            if isinstance(value, tuple) and value is not roles.BRAND
            for role in value
        }
        granted |= {
            role
            for name in ("apps", "kview", "role_group", "satisfaction", "sla", "tag")
            for role in roles.read_roles(name)
        }
        return self._sandbox.new_key(sorted(granted), name="without brands")

    def _sync(self, destination: _Rows, verdict: Verdict, key: str) -> None:
        """Read from the last states; the errors are those of this sync, the warnings add up."""
        catalog = configured(self._streams)
        states = [AirbyteStateMessageSerializer.load(one) for one in destination.states.values()]
        verdict.errors = {}
        with (
            self._environment(),
            _warnings(verdict.warnings),
            _caps(verdict.dialect),
        ):
            messages = source.SourceKustomer().read(
                LOGGER,
                self._config(key),
                ConfiguredAirbyteCatalogSerializer.load(catalog),
                states,
            )
            try:
                for message in messages:
                    destination.take(message, verdict)
            except AirbyteTracedException as error:
                if not verdict.errors:
                    verdict.errors["all streams"] = str(error.message)

    def _change(self, at: str) -> None:
        for name in (*SEARCHED, "work_items"):
            changed = self._sandbox.change(name, updates=2, inserts=1, deletes=1, at=at)
            if name == "messages":
                with_files = self._with_files()
                self._sandbox.change(name, ids=with_files, at=at)
                touched = {*changed["inserted"], *changed["deleted"], *with_files}
                self._touch_conversations(touched, at)
        for name in LISTED:
            self._sandbox.change(name, updates=1, inserts=1, deletes=1, at=at)
        self._sandbox.change("conversation_times", inserts=1, at=at)

    def _with_files(self) -> list[str]:
        """Ids of an inbound and an outbound message with files."""
        owners = {_related(one, "message") for one in self._sandbox.truth("attachments")}
        found = {
            one["attributes"]["direction"]: one["id"]
            for one in self._sandbox.truth("messages")
            if one["id"] in owners
        }
        return sorted(found.values())

    def _touch_conversations(self, messages: set[str], at: str) -> None:
        """Update the conversations of messages, as Kustomer does."""
        conversations = {
            _related(one, "conversation")
            for one in self._sandbox.truth("messages")
            if one["id"] in messages
        }
        self._sandbox.change("conversations", ids=sorted(conversations), at=at)

    # Comparison

    def _compare(self, destination: _Rows, verdict: Verdict, dialect: Dialect) -> None:
        for stream in self._streams:
            name = stream["name"]
            is_forbidden = (name == WITHOUT_ROLE and "role" in dialect) or (
                name.startswith(FEATURE) and "plan-feature" in dialect
            )
            if is_forbidden:
                if not any(name in warning for warning in verdict.warnings):
                    verdict.differences[name] = "not skipped with a warning"
                continue
            truth = self._truth(name)
            if truth is None:
                continue
            hidden = any(name in DELETIONS_HIDDEN.get(pair, ()) for pair in dialect.items())
            rows = destination.rows.get(name, {})
            difference = self._difference(name, truth, rows, deletions_hidden=hidden)
            if difference:
                verdict.differences[name] = difference

    def _difference(
        self, name: str, truth: list[Message], rows: dict[str, Row], *, deletions_hidden: bool
    ) -> str | None:
        absent, stale = [], {}
        for resource in truth:
            row = rows.get(resource["id"])
            if deletions_hidden and is_deleted(resource):
                if row is not None and not row.get("deleted"):
                    stale[resource["id"]] = "deleted"
            elif row is None:
                if not _is_out_of_reach(name, resource):
                    absent.append(resource["id"])
            elif name in AUDITED and is_deleted(resource) and _only_states_deletion(row):
                continue  # from the audit log, which has nothing else of a record
            elif column := differing_column(_without(resource, NOT_COMPARED.get(name)), row)[0]:
                stale[resource["id"]] = column
        unknown = rows.keys() - {resource["id"] for resource in truth}
        unknown -= self._left_over(name, rows)
        if not absent and not stale and not unknown:
            return None
        counts = f"{len(absent)} absent, {len(stale)} stale, {len(unknown)} unknown"
        examples = [*absent[:2], *list(stale.items())[:2], *sorted(unknown)[:2]]
        return f"{len(truth)} records: {counts} {examples}"

    def _truth(self, stream: str) -> list[Message] | None:
        """The records that a stream should have; None where the sandbox knows none."""
        if stream == "outbound_accounts":  # without ids of their own
            return None
        if stream.startswith(STREAM_PREFIX):
            kobjects = self._sandbox.truth("kobjects")
            return [one for one in kobjects if stream_of_klass(_klass_of(one)) == stream]
        if stream == "custom_attributes":
            return [
                {"id": f"{resource['id']}.{name}", "attributes": entry}
                for resource in self._sandbox.truth("custom_attribute_metadata")
                for name, entry in resource["attributes"]["properties"].items()
            ]
        try:
            truth = self._sandbox.truth(OBJECTS.get(stream, stream))
        except SandboxError:
            return None
        if stream == "conversation_attachments":
            return self._in_present_conversations(truth)
        return truth

    def _left_over(self, stream: str, rows: dict[str, Row]) -> set[str]:
        """Ids of rows that may stay although their record is gone, or that say so."""
        found = set(self._sandbox.removed(OBJECTS.get(stream, stream)))
        found |= {record_id for record_id, row in rows.items() if row.get("deleted")}
        gone: set[str] = set()
        for parent in PARENTS.get(stream, ()):
            gone |= self._deleted(parent) | self._sandbox.removed(parent).keys()
        return found | {record_id for record_id, row in rows.items() if _mentions(row, gone)}

    def _deleted(self, name: str) -> set[str]:
        records = self._sandbox.truth(name)
        return {one["id"] for one in records if is_deleted(one)}

    def _in_present_conversations(self, attachments: list[Message]) -> list[Message]:
        gone = self._deleted("conversations")
        messages = {
            one["id"]
            for one in self._sandbox.truth("messages")
            if _related(one, "conversation") not in gone
        }
        return [one for one in attachments if _related(one, "message") in messages]


class _Rows:
    """The newest row per stream and id, and the last state of every stream."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        self.states: dict[str, Message] = {}

    def take(self, message: AirbyteMessage, verdict: Verdict) -> None:
        """Store a row or a state, or note an error."""
        if message.record is not None:
            row = json.loads(json.dumps(message.record.data))
            self.rows.setdefault(message.record.stream, {})[row["id"]] = row
        elif message.state is not None:
            state = _as_json(message)["state"]
            self.states[state["stream"]["stream_descriptor"]["name"]] = state
        elif message.trace is not None and message.trace.error is not None:
            error = message.trace.error
            descriptor = error.stream_descriptor
            verdict.errors[descriptor.name if descriptor else "all streams"] = error.message


def _as_json(message: AirbyteMessage) -> Message:
    return dict(json.loads(json.dumps(AirbyteMessageSerializer.dump(message), default=vars)))


@contextmanager
def _warnings(found: list[str]) -> Iterator[None]:
    """Collect the warnings of the connector's log."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    handler = Handler(logging.WARNING)
    LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


def _only_states_deletion(row: Row) -> bool:
    """Whether a row has nothing but its id, its deletion, and the time of that."""
    given = {name for name, value in row.items() if value is not None}
    return row.get("deleted") is True and given <= {"id", "deleted", "deleted_at", "updated_at"}


def _mentions(row: Row, ids: set[str]) -> bool:
    """Whether a row refers to one of these records."""
    return any(
        (value.get("id") if isinstance(value, dict) else value) in ids
        for value in row.values()
        if isinstance(value, str | dict)
    )


@contextmanager
def _caps(dialect: Dialect) -> Iterator[None]:
    """Make the connector expect lists and totals to end where the sandbox's do."""
    with ExitStack() as stack:
        if "totals" in dialect:
            for module in (receipts, window_tasks, total_hits):
                stack.enter_context(patch.object(module, "MAX_RECORDS", PAGE))
        if "list-cap" in dialect:
            for module in (client, list_pass, window_tasks, attachments):
                stack.enter_context(patch.object(module, "MAX_RECORDS", LIST_CAP))
        yield


@contextmanager
def _daily_checks() -> Iterator[None]:
    """Make each sync the first of its day."""

    def is_first_of_day(complete_before: int, *, end: int) -> bool:
        return True

    with ExitStack() as stack:
        for module in (cursor, windows, search):
            stack.enter_context(patch.object(module, "is_first_of_day", is_first_of_day))
        yield


def _related(resource: Message, name: str) -> str:
    return str(resource["relationships"][name]["data"]["id"])


def _klass_of(kobject: Message) -> str:
    return str(kobject["type"]).removeprefix("kobject.")


def _without(resource: Message, names: set[str] | None) -> Message:
    kept = {n: v for n, v in resource["attributes"].items() if n not in (names or ())}
    return {**resource, "attributes": kept}


def _is_out_of_reach(stream: str, record: Message) -> bool:
    """Whether the API serves a record at all: some old ones are in no search and no list."""
    attributes = record["attributes"]
    if stream not in NOT_ARCHIVED:
        return False
    stamp: str = attributes.get("updatedAt") or attributes["createdAt"]
    old = stamp < _text(datetime.now(timezone.utc) - timedelta(days=729))
    return old and (stream == "conversation_times" or bool(attributes.get("deleted")))


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
