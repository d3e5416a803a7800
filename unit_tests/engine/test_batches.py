"""Records of changed parents: several parents per request, or by the ids that parents name."""

import itertools

import pytest

from source_kustomer.engine.batches import BatchStream, NamedStream
from source_kustomer.engine.children import Parent
from source_kustomer.engine.endpoints import Endpoint, read_by_ids
from source_kustomer.engine.search import SearchStream
from source_kustomer.errors import BadRequest, InvalidId, NotFound, NotPermitted
from source_kustomer.kustomer.transport import Request
from source_kustomer.rows.row import Row
from unit_tests.engine.lists_in_memory import record
from unit_tests.in_memory import InMemoryTransport, client_of, reply


class Talks(SearchStream, family=True):
    name = "talks"
    query_context = "talk"
    row = Row


class Summaries(BatchStream, family=True):
    name = "summaries"
    parent = Talks
    endpoints = (Endpoint("/summaries/batch"),)
    ids_parameter = "resourceIds"
    owner_attribute = "resourceId"
    row = Row


class Answers(NamedStream, family=True):
    name = "answers"
    parent = Talks
    endpoints = (Endpoint("/answers/{id}", page_size=None),)
    row = Row


class Api:
    """Serves a record per id, `s7` for `7`; refuses requests for some ids, or for too many."""

    def __init__(self, *, refused=(), most=100, status=404):
        self._refused, self._most, self._status = set(refused), most, status
        self.requested = []
        self.client = client_of(InMemoryTransport(self._answer))

    def _answer(self, request: Request):
        named = request.params.get("resourceIds") or request.path.rpartition("/")[2]
        ids = named.replace("%2C", ",").split(",")
        self.requested.append(ids)
        if self._refused & set(ids) or len(ids) > self._most:
            return reply({"errors": [{"title": "refused"}]}, self._status)
        data = [record(f"s{one}", resourceId=one) for one in ids if int(one) % 2 == 0]
        return reply({"data": data, "links": {"next": None}})


def parents(*numbers, **more):
    return [Parent(str(number), "2026-01-01T00:00:00Z", **more) for number in numbers]


def found(stream, api, wanted):
    pages = list(stream.children(api.client, wanted))
    rows = {row["id"]: page.parent.id for page in pages for row in page.resources}
    return rows, [page.refusal for page in pages if page.refusal is not None]


def test_the_records_of_several_parents_take_one_request():
    api = Api()

    rows, refusals = found(Summaries(), api, parents(*range(50)))

    assert rows == {f"s{n}": str(n) for n in range(0, 50, 2)}
    assert refusals == []
    assert len(api.requested) == 1


@pytest.mark.parametrize("status", [400, 404])
def test_a_request_for_too_many_parents_is_repeated_in_halves(status):
    api = Api(most=15, status=status)

    rows, refusals = found(Summaries(), api, parents(*range(50)))

    assert rows == {f"s{n}": str(n) for n in range(0, 50, 2)}
    assert refusals == []
    assert [len(ids) for ids in api.requested if len(ids) <= 15] == [12, 13, 12, 13]


def test_a_parent_that_is_not_found_hides_no_other():
    rows, refusals = found(Summaries(), Api(refused=["4"]), parents(*range(10)))

    assert rows == {"s0": "0", "s2": "2", "s6": "6", "s8": "8"}
    assert [type(error) for error in refusals] == [NotFound]


def test_a_parent_whose_request_is_not_valid_fails():
    with pytest.raises(BadRequest):
        found(Summaries(), Api(refused=["4"], status=400), parents(*range(10)))


def test_a_key_without_the_role_is_reported_at_once():
    api = Api(refused=["4"], status=403)

    with pytest.raises(NotPermitted):
        found(Summaries(), api, parents(*range(10)))
    assert len(api.requested) == 1


def test_named_records_are_requested_by_their_ids():
    api = Api()

    rows, refusals = found(Answers(), api, parents(1, related=("2", "4")) + parents(2))

    assert rows == {"s2": "1", "s4": "1"}
    assert refusals == []
    assert api.requested == [["2"], ["4"]]


def test_a_named_record_that_no_longer_exists_is_logged_and_hides_no_other(caplog):
    rows, refusals = found(Answers(), Api(refused=["2"]), parents(1, related=("2", "4")))

    assert rows == {"s4": "1"}
    assert refusals == []
    assert "Stream answers: records that talks name but that no longer exist: 1." in caplog.text


def test_records_of_deleted_parents_may_be_gone(caplog):
    gone = parents(1, related=("2",), is_deleted=True)

    assert found(Answers(), Api(refused=["2"]), gone) == ({}, [])
    assert not caplog.records


def test_a_key_that_may_not_read_named_records_is_reported():
    _, refusals = found(Answers(), Api(refused=["2"], status=403), parents(1, related=("2",)))

    assert [type(error) for error in refusals] == [NotPermitted]


def test_a_named_id_that_cannot_be_in_a_path_hides_no_other():
    rows, refusals = found(Answers(), Api(), parents(1, related=("..", "4")))

    assert rows == {"s4": "1"}
    assert [type(error) for error in refusals] == [InvalidId]


def test_pages_are_not_kept_until_the_last_one_is_read():
    numbers = itertools.count()

    def endless(_request):
        rows = [record(f"s{next(numbers)}", resourceId="1") for _ in range(100)]
        return reply({"data": rows, "links": {"next": "/next"}})

    api = InMemoryTransport(endless)
    next(Summaries().children(client_of(api), parents(1)))

    assert len(api.requests) == 1


METRICS = Endpoint("/metrics/{id}", page_size=None)


def by_ids(api, *ids):
    pages = read_by_ids(api.client, METRICS, [str(one) for one in ids], stream="metrics")
    return [row["id"] for page in pages for row in page.data]


def test_records_are_read_by_fifty_ids_at_once():
    api = Api()

    assert len(by_ids(api, *range(120))) == 60
    assert [len(ids) for ids in api.requested] == [50, 50, 20]


def test_no_ids_take_no_request():
    api = Api()

    assert by_ids(api) == []
    assert api.requested == []


def test_an_id_that_is_refused_hides_no_other():
    assert by_ids(Api(refused=["4"]), *range(10)) == ["s0", "s2", "s6", "s8"]


def test_ids_that_are_all_refused_are_an_error():
    with pytest.raises(NotFound):
        by_ids(Api(most=0), *range(3))


def test_an_id_that_cannot_be_in_a_path_hides_no_other():
    assert by_ids(Api(refused=[".."]), 2, "..", 4) == ["s2", "s4"]
