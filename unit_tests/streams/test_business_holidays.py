"""Holidays, which are included in the list of schedules or in the answer for a single schedule."""

from source_kustomer.streams.settings import BusinessHolidays
from unit_tests.in_memory import InMemoryTransport, client_of, reply

HOLIDAYS = {"s1": ["h1", "h2"], "s2": ["h3"]}


def included(schedule):
    return [{"type": "holiday", "id": name} for name in HOLIDAYS[schedule]]


def transport_of(*, in_list):
    """Serve schedules; include their holidays in the list, or only in single answers."""

    def answer(request):
        if request.path != "/schedules":
            name = request.path[-2:]
            return reply({"data": {"id": name}, "included": included(name)})
        schedules = [{"type": "schedule", "id": name} for name in HOLIDAYS]
        holidays = [row for name in HOLIDAYS for row in included(name)] if in_list else []
        return reply({"data": schedules, "included": holidays, "links": {"next": None}})

    return InMemoryTransport(answer)


def holidays(transport):
    endpoint = BusinessHolidays.endpoints[0]
    pages = BusinessHolidays().pages(client_of(transport), endpoint)
    return [row["id"] for page in pages for row in page.data]


def test_holidays_come_with_the_list_of_schedules():
    transport = transport_of(in_list=True)

    assert sorted(holidays(transport)) == ["h1", "h2", "h3"]
    assert {request.path for request in transport.requests} == {"/schedules"}
    assert transport.params("include") == ["holidays"]


def test_schedules_are_requested_one_by_one_where_the_list_includes_no_holidays():
    transport = transport_of(in_list=False)

    assert sorted(holidays(transport)) == ["h1", "h2", "h3"]
    assert [request.path for request in transport.requests][-2:] == [
        "/schedules/s1",
        "/schedules/s2",
    ]
    assert set(transport.params("include")) == {"holidays"}
