"""`trackTotalHits` is tried once per object, where a total may be capped."""

from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.kustomer.transport import Answer, Request
from unit_tests.in_memory import InMemoryTransport, client_of, reply

CAPPED = 10_000


class Search:
    """A search with 25,000 records, whose total stops at 10,000."""

    def __init__(self, with_parameter: int) -> None:
        self.with_parameter = with_parameter
        """The total if the parameter is sent; 400 refuses it."""
        self.transport = InMemoryTransport(self.answer)
        self.client = client_of(self.transport, retry_seconds=3.0)

    def answer(self, request: Request) -> Answer:
        is_sent = "trackTotalHits" in request.params
        if is_sent and self.with_parameter == 400:
            return reply({"errors": [{"title": "Additional properties not allowed"}]}, 400)
        total = self.with_parameter if is_sent else CAPPED
        return reply({"data": [{"id": "a"}], "meta": {"pageSize": 500, "total": total}})

    def totals(self, count: int, context: str = "message", *, archive: bool = False) -> list[int]:
        found = []
        for _ in range(count):
            query = SearchQuery(context, f"{context}_updated_at", archive=archive)
            with self.client.search(query, stream="messages") as page:
                assert page.total is not None
                found.append(page.total)
        return found

    @property
    def sent(self) -> list[bool]:
        return ["trackTotalHits" in request.params for request in self.transport.requests]


def test_an_exact_total_is_requested_after_one_that_may_be_capped() -> None:
    search = Search(25_000)

    assert search.totals(3) == [CAPPED, 25_000, 25_000]
    assert search.sent == [False, True, True]


def test_a_refusal_costs_one_request_and_is_not_an_error() -> None:
    search = Search(400)

    assert search.totals(3) == [CAPPED, CAPPED, CAPPED]
    assert search.sent == [False, True, False, False]
    assert {request.params["pageSize"] for request in search.transport.requests} == {500}


def test_a_parameter_that_changes_nothing_is_not_sent_again() -> None:
    search = Search(CAPPED)

    search.totals(3)
    assert search.sent == [False, True, False]


def test_each_object_is_tried_and_the_archive_is_not() -> None:
    search = Search(25_000)

    search.totals(2, archive=True)
    search.totals(2, "message")
    search.totals(1, "note")
    assert search.sent == [False, False, False, True, False]
