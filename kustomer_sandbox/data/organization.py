"""The emulated organization: its records, its search index, and how they change."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.audit import RECORDED, USUAL_COUNT, AuditLog
from kustomer_sandbox.data.children import Children
from kustomer_sandbox.data.custom import METADATA_RESOURCES, metadata_resource
from kustomer_sandbox.data.dataset import Dataset, fill
from kustomer_sandbox.data.ids import make_id, parse_id
from kustomer_sandbox.data.index import Attribute, Entry, ObjectIndex, SearchIndex
from kustomer_sandbox.data.json_text import dumps, loads
from kustomer_sandbox.data.objects import BY_NAME, KLASS_NAMES, SEARCH_OBJECTS, SearchObject
from kustomer_sandbox.data.store import Row, Store
from kustomer_sandbox.data.timestamps import DAY, MINUTE, SECOND, now_ms, to_ms, to_text
from kustomer_sandbox.data.words import make_words
from kustomer_sandbox.data.workspace import MARKED, Workspace

Resource = dict[str, Any]


_NEVER = 100 * 365 * DAY
_CUSTOMER = BY_NAME["customers"].code
_NOTE = BY_NAME["notes"].code


class Organization:
    """All records, and every way to change them.

    Attributes:
        changes_made: how many records were updated, inserted and deleted.
        grown: how many records the dialect `list-order=growing` added, by object.
        removed: object -> id -> when a record was removed that left no mark, ms since 1970.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        self.settings = settings
        self.dataset = dataset
        self.store = Store()
        self.index = SearchIndex()
        words = make_words(dataset.seed)
        self.workspace = Workspace(words, dataset.seed, dataset.counts, dataset.now)
        self.composer = fill(dataset, words, self.store, self.index)
        self.children = Children(self.store, self.composer.customer_of, dataset.seed, dataset.now)
        self.audit_log = AuditLog(
            dataset.seed, dataset.now, dataset.counts.get("audit_logs", USUAL_COUNT)
        )
        self.changes_made = {"updates": 0, "inserts": 0, "deletes": 0}
        self.grown: dict[str, int] = {}
        self.removed: dict[str, dict[str, int]] = {}
        self._chance = random.Random(f"changes {dataset.seed}")
        # `GET /customers` reads the store: it knows writes that the search index does not contain.
        self._customers = ObjectIndex()
        self._customers.load(self.index.object(_CUSTOMER).entries())
        # So does `GET /notes` with `sort`.
        self._notes = ObjectIndex()
        self._notes.load(self.index.object(_NOTE).entries())
        # Records whose JSON only a lenient reader understands; changes leave them alone.
        self._fragile: set[tuple[int, int]] = set()

    # Reading

    def everything(self, name: str) -> Iterator[bytes]:
        """The newest version of every record of an object, deleted ones included.

        Raises:
            KeyError: if there is no such object.
        """
        if name in BY_NAME:
            return self.store.everything(BY_NAME[name].code)
        made = self.workspace.lists.get(name)
        if name in self.workspace.included:
            made = self.workspace.included_in(name)
        elif name == "chat_settings":
            made = [self.workspace.chat_settings]
        elif name == "audit_logs":
            made = self.audit_log.newest_first()
        elif name == "custom_attribute_metadata":
            made = [metadata_resource(each, self.dataset.now) for each in METADATA_RESOURCES]
        if made is not None:
            return (orjson.dumps(resource) for resource in made)
        return self.children.everything(name)

    def versions(self, name: str) -> Iterator[bytes]:
        """Every version of a search object's records, newest last."""
        code = BY_NAME[name].code
        yield from self.store.older_versions(code)
        yield from self.store.everything(code)

    def numbers(self, name: str) -> list[int]:
        """The numbers of the records of a search object that are not deleted."""
        return self.store.present[BY_NAME[name].code]

    def customers_between(
        self, order: Attribute, bounds: dict[Attribute, list[int]], *, descending: bool
    ) -> list[int]:
        """The numbers of customers that are not deleted, sorted by a timestamp.

        Args:
            order: the timestamp to sort by.
            bounds: timestamp -> its range, ms since 1970, the end exclusive.
            descending: whether the latest comes first.
        """
        timeline = self._customers.timeline(order, with_deleted=False, klass=None)
        found = timeline.numbers(timeline.place(bounds[order][0]), timeline.place(bounds[order][1]))
        for attribute, (start, end) in bounds.items():
            if attribute != order:
                times = getattr(self._customers, attribute)
                found = [number for number in found if start <= times[number] < end]
        return found[::-1] if descending else found

    def notes_by_creation(self) -> list[int]:
        """The numbers of the notes that `GET /notes` has, the first created first."""
        timeline = self._notes.timeline("created", with_deleted=False, klass=None)
        numbers = timeline.numbers(0, len(timeline))
        return [number for number in numbers if self.store.is_present(_NOTE, number)]

    def sizes(self) -> dict[str, int]:
        """How many records each search object has, deleted ones included."""
        return {o.name: self.store.next_number[o.code] for o in SEARCH_OBJECTS}

    # Changing

    def update(self, name: str, ids: list[str], attributes: Resource, at: int | None) -> None:
        """Move records to a new version.

        Args:
            name: of the object.
            ids: of the records.
            attributes: values to set, in addition to those that every change sets.
            at: the new `updatedAt`; None: now.

        Raises:
            KeyError: for an unknown record.
        """
        for record_id in ids:
            self._rewrite(name, record_id, attributes, now_ms() if at is None else at)
        self.changes_made["updates"] += len(ids)

    def delete(self, name: str, ids: list[str], at: int | None) -> None:
        """Delete records: mark them, or remove them from their list if the object has no mark.

        Raises:
            KeyError: for an unknown record.
        """
        for record_id in ids:
            moment = now_ms() if at is None else at
            if name in RECORDED:
                self.audit_log.record_deletion(RECORDED[name], record_id, moment)
            if name in BY_NAME or name in MARKED:
                gone = {"deleted": True, "deletedAt": to_text(moment)}
                self._rewrite(name, record_id, gone, moment)
            else:
                self.workspace.lists[name].remove(self._small(name, record_id))
                self.removed.setdefault(name, {})[record_id] = moment
        self.changes_made["deletes"] += len(ids)

    def insert(
        self, name: str, count: int, at: int | None, *, created_at: int | None = None
    ) -> list[str]:
        """Add records; returns their ids.

        Args:
            name: of the object.
            count: how many.
            at: their `updatedAt`; None: now.
            created_at: their `createdAt`; None: distinct times shortly before.
        """
        self.changes_made["inserts"] += count
        if name not in BY_NAME:
            return [str(self.workspace.add(name)["id"]) for _ in range(count)]
        search_object = BY_NAME[name]
        code = search_object.code
        first = self.store.next_number[code]
        rows: list[Row] = []
        for number in range(first, first + count):
            updated = now_ms() if at is None else at
            created = updated - (number - first) * SECOND if at is not None else updated
            if search_object.cursor == "created":
                created = updated
            elif created_at is not None:
                created = created_at
            rows.append(self.composer.record(code, number, created, updated))
        self.store.load(code, rows)
        self.composer.sizes[code] = first + count
        for row in rows:
            entry = Entry(row.number, row.created, row.updated, False, row.klass)
            self._write(code, entry, row.body)
        return [make_id(code, row.number) for row in rows]

    def insert_raw(self, name: str, change: Callable[[bytes], bytes], at: int | None) -> str:
        """Add one record whose JSON `change` makes strange."""
        code = BY_NAME[name].code
        number = self.store.next_number[code]
        updated = now_ms() if at is None else at
        row = self.composer.record(code, number, updated - MINUTE, updated)
        if BY_NAME[name].cursor == "created":
            row = self.composer.record(code, number, updated, updated)
        row = row._replace(body=change(row.body))
        self.store.load(code, [row])
        self._fragile.add((code, number))
        entry = Entry(number, row.created, updated, False, row.klass)
        self._write(code, entry, row.body)
        return str(json.loads(row.body)["id"])

    def some(self, name: str, count: int) -> list[str]:
        """Draw ids of records that are not deleted."""
        if name not in BY_NAME:
            records = self.workspace.lists[name]
            return [str(r["id"]) for r in self._chance.sample(records, min(count, len(records)))]
        code = BY_NAME[name].code
        present = self.store.present[code]
        drawn = self._chance.sample(range(len(present)), min(count, len(present)))
        numbers = [present[place] for place in drawn]
        return [make_id(code, n) for n in numbers if (code, n) not in self._fragile]

    def some_object(self, wanted: list[str], *, updatable: bool) -> str:
        """Draw an object, weighted by its number of records."""
        objects = [
            o
            for o in SEARCH_OBJECTS
            if (not wanted or o.name in wanted)
            and (self.store.present[o.code] or not updatable)
            and not (updatable and o.cursor == "created")
        ]
        weights = [len(self.store.present[o.code]) + 1 for o in objects]
        return self._chance.choices(objects, weights)[0].name

    def show_all_now(self) -> None:
        """Make every late write appear in the search."""
        self.index.catch_up(now_ms() + _NEVER)

    def close(self) -> None:
        """Release the store."""
        self.store.close()

    def _rewrite(self, name: str, record_id: str, attributes: Resource, at: int) -> None:
        if name not in BY_NAME:
            self._rewrite_small(name, record_id, attributes, at)
            return
        search_object = BY_NAME[name]
        number = self.number_of(search_object, record_id)
        before = self.store.body(search_object.code, number)
        if before is None:
            raise KeyError(record_id)
        resource = loads(before)
        if "deletedAt" in attributes and self.settings.dialect["deletes"] == "keep":
            resource["attributes"].update(attributes)
            at = to_ms(resource["attributes"]["updatedAt"])
        else:
            _touch(resource, attributes, at)
        body = dumps(resource)
        entry = _entry_of(search_object, number, resource, at)
        self.store.replace(search_object.code, number, body, deleted=entry.deleted)
        self._write(search_object.code, entry, body, replaced=before)

    def _write(
        self, code: int, entry: Entry, body: bytes, *, replaced: bytes | None = None
    ) -> None:
        """Write a stored record into the indexes."""
        if code == _CUSTOMER:
            self._customers.put(entry)
        elif code == _NOTE:
            self._notes.put(entry)
        self.index.write(code, entry, body, replaced=replaced, visible_at=self._visible_at())

    def _rewrite_small(self, name: str, record_id: str, attributes: Resource, at: int) -> None:
        _touch(self._small(name, record_id), attributes, at)

    def _small(self, name: str, record_id: str) -> Resource:
        for resource in self.workspace.lists[name]:
            if resource["id"] == record_id:
                return resource
        raise KeyError(record_id)

    def number_of(self, search_object: SearchObject, record_id: str) -> int:
        """A record's number, by its id.

        Raises:
            KeyError: if it is not an id of this object.
        """
        parsed = parse_id(record_id)
        if parsed is None or parsed[0] != search_object.code or parsed[2]:
            raise KeyError(record_id)
        return parsed[1]

    def _visible_at(self) -> int | None:
        if self.settings.dialect["index"] == "stalled":
            return now_ms() + _NEVER
        lag = self.settings.index_lag
        return now_ms() + int(lag * SECOND) if lag > 0 else None


def _entry_of(search_object: SearchObject, number: int, resource: Resource, at: int) -> Entry:
    """The index entry of a record that was updated at a time."""
    attributes = resource["attributes"]
    klass = str(resource["type"]).removeprefix("kobject.")
    place = KLASS_NAMES.index(klass) if search_object.context == "kobject" else 0
    created = to_ms(attributes["createdAt"])
    return Entry(number, created, at, bool(attributes.get("deleted")), place)


def _touch(resource: Resource, attributes: Resource, at: int) -> None:
    """Make a newer version of a record in place."""
    own = resource["attributes"]
    own["rev"] = (own.get("rev") or 0) + 1
    for stamp in ("updatedAt", "modifiedAt"):
        if stamp in own:
            own[stamp] = to_text(at)
    own.update(attributes)
