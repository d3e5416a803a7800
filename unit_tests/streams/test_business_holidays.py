"""Holidays, which are included in the list of schedules or in the answer for a single schedule."""

from source_kustomer.kustomer.documents import document_of
from source_kustomer.streams.settings import BusinessHolidays

HOLIDAYS = {"s1": ["h1", "h2"], "s2": ["h3"]}


class Client:
    """Serves schedules; includes their holidays in the list, or only in single answers."""

    def __init__(self, *, in_list):
        self._in_list = in_list
        self.requests = []

    def list_pages(self, path, params, *, page_size, stream):
        self.requests.append((path, params))
        schedules = [{"type": "schedule", "id": name} for name in HOLIDAYS]
        holidays = [row for name in HOLIDAYS for row in included(name)] if self._in_list else []
        yield document_of({"data": schedules, "included": holidays})
        yield document_of({"data": schedules[1:], "included": holidays[1:]})  # pages overlap

    def get(self, path, params, *, stream):
        self.requests.append((path, params))
        return document_of({"data": {"id": path[-2:]}, "included": included(path[-2:])})


def included(schedule):
    return [{"type": "holiday", "id": name} for name in HOLIDAYS[schedule]]


def holidays(client):
    endpoint = BusinessHolidays.endpoints[0]
    return [row["id"] for page in BusinessHolidays().pages(client, endpoint) for row in page.data]


def test_holidays_come_with_the_list_of_schedules():
    client = Client(in_list=True)

    assert set(holidays(client)) == {"h1", "h2", "h3"}
    assert client.requests == [("/schedules", {"include": "holidays"})]


def test_schedules_are_requested_one_by_one_where_the_list_includes_no_holidays():
    client = Client(in_list=False)

    assert set(holidays(client)) == {"h1", "h2", "h3"}
    assert ("/schedules/s1", {"include": "holidays"}) in client.requests
