"""The events of customers' sessions, which are listed session by session."""

import pytest

from source_kustomer.errors import NotFound
from source_kustomer.streams.timeline import CustomerEvents
from unit_tests.in_memory import InMemoryTransport, client_of, reply


def client(*missing):
    """Return a client of an API with three sessions; the events of some do not exist."""

    def answer(request):
        if request.path.endswith("/sessions"):
            names = ["one", "two/../..", "three"]
            data = [{"id": name, "attributes": {"sessionId": name}} for name in names]
            data.append({"id": "odd", "attributes": ["not", "an object"]})
        elif any(name in request.path for name in missing):
            return reply({"errors": [{"title": "no such session"}]}, 404)
        else:
            data = [{"id": request.path}]
        return reply({"data": data})

    return client_of(InMemoryTransport(answer))


def rows(api):
    return [row["id"] for page in CustomerEvents().pages(api, "c") for row in page.data]


def test_a_missing_session_hides_no_events_of_others():
    assert rows(client("one")) == [
        "/customers/c/sessions/two%2F..%2F../events",
        "/customers/c/sessions/three/events",
    ]


def test_a_list_that_no_session_has_does_not_exist():
    with pytest.raises(NotFound):
        rows(client("sessions/"))
