"""The events of customers' sessions, which are listed session by session."""

import pytest

from source_kustomer.errors import NotFound
from source_kustomer.kustomer.documents import document_of
from source_kustomer.streams.timeline import CustomerEvents


class Client:
    """Lists sessions and their events; those of some sessions do not exist."""

    def __init__(self, *missing):
        self._missing = missing
        self.asked = []

    def list_pages(self, path, params, *, page_size, stream):
        self.asked.append(path)
        if path.endswith("/sessions"):
            names = ["one", "two/../..", "three"]
            data = [{"id": name, "attributes": {"sessionId": name}} for name in names]
            data.append({"id": "odd", "attributes": ["no", "mapping"]})
        elif any(name in path for name in self._missing):
            raise NotFound("no such session")
        else:
            data = [{"id": path}]
        yield document_of({"data": data})


def rows(client):
    return [row["id"] for page in CustomerEvents().pages(client, "c") for row in page.data]


def test_a_session_that_is_gone_hides_no_other_sessions_events():
    assert rows(Client("one")) == [
        "/customers/c/sessions/two%2F..%2F../events",
        "/customers/c/sessions/three/events",
    ]


def test_a_list_that_no_session_has_is_told():
    with pytest.raises(NotFound):
        rows(Client("sessions/"))
