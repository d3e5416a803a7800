"""The records at the start: how many of each object, and when they were updated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from kustomer_sandbox.data.index import Entry, SearchIndex
from kustomer_sandbox.data.objects import SEARCH_OBJECTS, SearchObject
from kustomer_sandbox.data.records import Composer
from kustomer_sandbox.data.store import Row, Store
from kustomer_sandbox.data.timestamps import DAY, HOUR, MINUTE, SEARCHABLE, YEAR
from kustomer_sandbox.data.words import Words

_DELETED = 0.02
_ARCHIVED = 0.03
_TIED = 0.06
_TIED_GROUP = 90
# The exponent that gathers updates near the present.
_RECENT = 2.2


@dataclass(frozen=True)
class Dataset:
    """The size and the times of the generated data.

    Attributes:
        records: records of all search objects together.
        seed: the same seed makes the same records (relative to the time of the start).
        counts: object -> how many, in place of its share of `records` or a list's usual length.
        since, until: place every `updatedAt` evenly in this range (ms since 1970, `until`
            exclusive); without it they spread over the past year, most of them recent, with some
            records older than two years and some groups of equal timestamps.
        now: the time of the start, ms since 1970.
    """

    records: int
    seed: int
    now: int
    counts: dict[str, int] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None

    def size_of(self, search_object: SearchObject) -> int:
        """How many records of an object there are at the start."""
        return self.counts.get(search_object.name, round(self.records * search_object.share))


def fill(dataset: Dataset, words: Words, store: Store, index: SearchIndex) -> Composer:
    """Generate the records of all search objects; returns the composer of later ones."""
    sizes = {o.code: dataset.size_of(o) for o in SEARCH_OBJECTS}
    composer = Composer(words, dataset.seed, sizes)
    for search_object in SEARCH_OBJECTS:
        entries: list[Entry] = []
        store.load(search_object.code, _rows(dataset, composer, search_object, entries))
        object_index = index.object(search_object.code)
        object_index.load(entries)
        # Built now, so that the first search is as fast as the next.
        object_index.timeline(search_object.cursor, with_deleted=True, klass=None)
    store.index_parents()
    return composer


def _rows(
    dataset: Dataset, composer: Composer, search_object: SearchObject, entries: list[Entry]
) -> Iterator[Row]:
    chance = random.Random(f"{dataset.seed} {search_object.name}")
    size = dataset.size_of(search_object)
    imports = [
        dataset.now - int(chance.random() * YEAR)
        for _ in range(max(1, round(size * _TIED / _TIED_GROUP)))
    ]
    for number in range(size):
        updated = _updated(dataset, chance, imports)
        age = chance.random()
        created = updated - int(age * age * 20 * DAY) - MINUTE
        deleted = chance.random() < _DELETED
        if search_object.cursor == "created":
            created = updated
            deleted = False
        row = composer.record(search_object.code, number, created, updated, deleted=deleted)
        entries.append(Entry(number, created, updated, deleted, row.klass))
        yield row


def _updated(dataset: Dataset, chance: random.Random, imports: list[int]) -> int:
    if dataset.since is not None:
        until = dataset.until if dataset.until is not None else dataset.now
        return dataset.since + int(chance.random() * (until - dataset.since))
    draw = chance.random()
    if draw < _ARCHIVED:
        return dataset.now - SEARCHABLE - HOUR - int(chance.random() * YEAR * 1.5)
    if draw < _ARCHIVED + _TIED:
        return imports[int(chance.random() * len(imports))]
    return dataset.now - MINUTE - int(chance.random() ** _RECENT * YEAR)
