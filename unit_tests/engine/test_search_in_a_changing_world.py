"""All syncs of a search stream, in a world that hypothesis makes up.

Records are written while pages are requested, writes appear late, whole groups share one
timestamp, records pass into the archive, windows are cut, syncs end early with only a part of
their output on record. In every case, once the world stands still and one more sync has
succeeded, the destination equals the source.

If the time of creation decides what is in the archive, that is the first sync of the next day.
"""

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import source_kustomer.sync.cursor as cursor_module
from source_kustomer.engine import list_route, window_tasks
from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.search import SearchStream
from source_kustomer.streams.conversations import MessageRow
from source_kustomer.sync.state import parse_state
from source_kustomer.sync.windows import LIVE_SEARCH_AGE, Index
from source_kustomer.timestamps import (
    DAY,
    MILLISECOND,
    MINUTE,
    SECOND,
    format_timestamp,
    parse_timestamp,
)
from unit_tests.engine.harness import LOOKBACK, NOW, OneSync


@dataclass(frozen=True)
class Version:
    id: str
    updated: int
    created: int
    visible: int
    rev: int
    deleted: bool = False


@dataclass
class Page:
    data: list
    total: int
    page_size: int
    has_next: bool


@dataclass
class World:
    """Records with all their versions, and a search that shows them as Kustomer's does."""

    page_size: int
    chance: random.Random
    edge: str = "updated"
    """The timestamp that decides what is in the archive."""
    now: int = NOW
    versions: dict = field(default_factory=dict)
    writes: list = field(default_factory=list)
    """What is still going to be written: before each page, some records with some lag."""
    pace: int = SECOND
    pages_of_list: int = 0
    has_deletions: bool = False

    def write(self, number, *, at=None, created=None, lag=0, deleted=False):
        before = self.versions.setdefault(f"r{number}", [])
        updated = (self.now if at is None else at) // MILLISECOND * MILLISECOND
        made = before[0].created if before else (updated if created is None else created)
        visible = self.now + lag if at is None else at
        before.append(Version(f"r{number}", updated, made, visible, len(before), deleted))

    def pass_time(self):
        self.now += self.pace
        for written, lag in self.writes.pop(0) if self.writes else []:
            self.write(written, lag=lag, deleted=self.is_deletion())

    def is_deletion(self):
        return self.has_deletions and self.chance.random() < DELETED

    @contextmanager
    def answer(self, index, ask, number, *, with_deleted=True, only_deleted=False):
        self.pass_time()
        found = [
            version
            for version in self.shown(index)
            if is_asked_for(version, ask)
            and (with_deleted or not version.deleted)
            and (version.deleted or not only_deleted)
        ]
        key = "updated" if ask.created is None else "created"
        found.sort(key=lambda version: (getattr(version, key), self.chance.random()))
        start = (number - 1) * self.page_size
        page = [resource(version) for version in found[start : start + self.page_size]]
        yield Page(page, len(found), self.page_size, start + self.page_size < len(found))

    @contextmanager
    def list(self, query, number, size):
        """Answer `GET /customers`: no index, no deleted records, no second sort key."""
        self.pass_time()
        self.pages_of_list += 1
        since = parse_timestamp(query.gte)
        before = 1 << 62 if query.lt is None else parse_timestamp(query.lt)
        newest = [versions[-1] for versions in self.versions.values()]
        found = [v for v in newest if not v.deleted and since <= v.updated < before]
        sign = -1 if query.descending else 1
        found.sort(key=lambda version: (sign * version.updated, self.chance.random()))
        start = (number - 1) * size
        page = [resource(version) for version in found[start : start + size]]
        yield Page(page, len(found), size, start + size < len(found))

    def shown(self, index):
        edge = self.now - LIVE_SEARCH_AGE
        for versions in self.versions.values():
            visible = [version for version in versions if version.visible <= self.now]
            if not visible:
                continue
            is_archived = getattr(visible[-1], self.edge) < edge
            if is_archived == (index is Index.ARCHIVE):
                yield visible[-1]


def is_asked_for(version, ask):
    low, high = ask.created or (None, None)
    return (
        ask.start <= version.updated
        and (ask.end is None or version.updated < ask.end)
        and (low is None or low <= version.created)
        and (high is None or version.created < high)
    )


def resource(version):
    return {
        "id": version.id,
        "attributes": {
            "updatedAt": format_timestamp(version.updated),
            "createdAt": format_timestamp(version.created),
            "rev": version.rev,
            "deleted": version.deleted,
        },
    }


class Simulated(SearchStream, family=True):
    """A stream whose pages come from the world."""

    name = "messages"
    query_context = "message"
    row = MessageRow

    def __init__(self, world):
        self.world = world

    def open_query(
        self, sync, window, ask, *, page_size=None, include_deleted=True, where=(), **settings
    ):
        return partial(
            self.world.answer,
            window.index,
            ask,
            with_deleted=include_deleted is not False,
            only_deleted=bool(where),
        )


class SimulatedWithList(Simulated, family=True):
    """The same with a list as a second route."""

    sorted_list = Endpoint("/customers", {"sort": "updatedAt"}, page_size=3)

    def _counts_deletions(self, sync):
        return False


@dataclass
class Client:
    """Answers the list; the rate limits are contended by chance."""

    world: World

    def search(self, query, *, page, page_size, stream):
        return self.world.list(query, page, page_size or query.max_page_size)

    def searches_waiting(self):
        return self.world.chance.choice([0, 0, 9])

    def lists_waiting(self):
        return self.world.chance.choice([0, 0, 0, 0, 99])


def sync(world, state, stream=Simulated):
    """Read from a state; return everything that was put out, in order."""
    end = world.now // SECOND * SECOND
    one = OneSync(
        stream(world),
        Client(world),
        state=state,
        end=end,
        now=lambda: world.now,
        include_deleted=stream.sorted_list is not None,
        seed=world.chance.randrange(1_000_000),
        eager=stream.sorted_list is not None,
    )
    output = one.run()
    assert one.sync.failure is None
    assert one.has_ended
    return output.items


def take(destination, state, messages, edge="updated"):
    """Take rows and states as a destination does; a row after a state that covers it is a fault.

    What is in the archive by its time of creation comes before the complete state.
    """
    covered = None
    for kind, content in messages:
        if kind not in {"row", "state"}:
            continue
        if kind == "state":
            state = content
            parsed = parse_state("messages", "updated_at", content)
            covered = parsed.coverage if edge == "updated" or parsed.is_complete else None
            continue
        before = destination.get(content["id"])
        is_new = before is None or before["updated_at"] < content["updated_at"]
        if is_new or before["updated_at"] == content["updated_at"]:
            destination[content["id"]] = content
        updated = parse_timestamp(content["updated_at"])
        assert updated is not None
        is_covered = covered is not None and not [*covered.gaps(updated, updated + 1)]
        assert not (is_new and is_covered)
    return state


@pytest.fixture(scope="module", autouse=True)
def checkpoints_all_along():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cursor_module, "ROWS_PER_CHECKPOINT", 2)
        yield


DELETED = 0.2
"""The part of the changes that delete a record, or leave it deleted."""

lags = st.sampled_from([0, 0, 0, SECOND, MINUTE, LOOKBACK - SECOND])
batches = st.lists(st.tuples(st.integers(0, 70), lags), max_size=6)
moments = st.one_of(
    st.integers(0, 1_100 * 24).map(lambda hours: NOW - hours * 60 * MINUTE),
    st.sampled_from([NOW - 3 * DAY, NOW - 800 * DAY, NOW - LIVE_SEARCH_AGE + MINUTE]),
    st.integers(0, 50).map(lambda hours: NOW - LIVE_SEARCH_AGE + (hours - 10) * 60 * MINUTE),
)


def in_a_changing_world(stream, *, records, page_size, pace, syncs, seed, edge="updated"):
    world = World(
        page_size,
        random.Random(seed),
        edge,
        pace=pace,
        has_deletions=stream.sorted_list is not None,
    )
    for number, (moment, created) in enumerate(records):
        created_at = moment - created * DAY
        world.write(number, at=moment, created=created_at, deleted=world.is_deletion())
    destination: dict = {}
    state: dict = {}

    for writes, share, pause in syncs:
        world.writes = list(writes)
        said = sync(world, state, stream)
        state = take(destination, state, said[: round(share * len(said))], edge)
        world.now += pause
    world.writes = []
    world.now += LOOKBACK if edge == "updated" else DAY
    state = take(destination, state, sync(world, state, stream), edge)

    truth = {id_: versions[-1] for id_, versions in world.versions.items()}
    assert {id_: row["rev"] for id_, row in destination.items()} == {
        id_: version.rev for id_, version in truth.items()
    }
    assert state.keys() == {"updated_at"}
    return world


worlds = {
    "records": st.lists(st.tuples(moments, st.integers(0, 2)), max_size=60),
    "page_size": st.integers(2, 6),
    "pace": st.sampled_from([SECOND // 3, SECOND, 30 * SECOND, 60 * MINUTE]),
    "syncs": st.lists(
        st.tuples(
            st.lists(batches, max_size=20),
            st.floats(0, 1),  # how much of the output is stored when the sync ends
            st.sampled_from([0, MINUTE, 60 * MINUTE, 20 * DAY]),  # how long until the next
        ),
        max_size=5,
    ),
    "seed": st.integers(0, 10_000),
    "edge": st.sampled_from(["updated", "created"]),
}


@example(  # a record is updated between the end of the sync and the reading of the archive
    records=[(NOW, 0)] * 13 + [(NOW - 800 * DAY, 0)],
    page_size=2,
    pace=SECOND // 3,
    syncs=[([[(0, 0), (13, 0)]], 0.0, 0), ([[(1, 0), (2, 0)]], 1.0, 0)],
    seed=0,
    edge="created",
)
@given(**worlds)
def test_once_the_world_stands_still_one_more_sync_makes_the_destination_equal(**world):
    in_a_changing_world(Simulated, **world)


@pytest.fixture
def is_always_worthwhile():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(list_route, "WORTHWHILE_PAGES", 1)
        patch.setattr(window_tasks, "SEGMENT_PAGES", 2)
        yield


crowded = st.lists(
    st.tuples(st.integers(1, 700 * 24).map(lambda h: NOW - h * 60 * MINUTE), st.integers(0, 2)),
    min_size=30,
    max_size=60,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(**{**worlds, "records": st.one_of(worlds["records"], crowded), "edge": st.just("updated")})
@pytest.mark.usefixtures("is_always_worthwhile")
def test_a_list_as_a_second_route_loses_nothing(**world):
    in_a_changing_world(SimulatedWithList, **world)


@pytest.mark.usefixtures("is_always_worthwhile")
def test_the_list_is_used_in_these_worlds():
    records = [(NOW - hours * 10 * 60 * MINUTE - hours * MILLISECOND, 0) for hours in range(60)]
    world = in_a_changing_world(
        SimulatedWithList, records=records, page_size=4, pace=SECOND, syncs=[], seed=1
    )
    assert world.pages_of_list > 10
