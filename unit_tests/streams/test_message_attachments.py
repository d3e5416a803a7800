"""The files of messages, which are fetched several at a time."""

from source_kustomer.engine.parent_feed import Parent
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.documents import document_of
from source_kustomer.streams.correspondence import MessageAttachments


class Client:
    """Serves files by their ids; refuses all of them when one is gone, as the API may."""

    def __init__(self, *gone):
        self._gone = gone
        self.asked = []

    def get(self, path, *, stream):
        ids = path.rpartition("/")[2].split(",")
        self.asked.append(ids)
        if set(ids) & set(self._gone):
            raise NotFound("no such file")
        return document_of({"data": [{"id": name} for name in ids]})


def files(client, *parents):
    found = MessageAttachments().children(client, parents)
    return {row["id"]: parent.id for parent, rows in found for row in rows}


def message(number, *names):
    return Parent(f"m{number}", "2026-01-01T00:00:00Z", names)


def test_fifty_files_take_one_request():
    client = Client()

    assert len(files(client, *(message(n, f"f{n}") for n in range(120)))) == 120
    assert [len(ids) for ids in client.asked] == [50, 50, 20]


def test_messages_without_files_take_none():
    client = Client()

    assert files(client, message(1), message(2)) == {}
    assert client.asked == []


def test_a_file_that_is_gone_hides_no_other_file():
    client = Client("f7")

    found = files(client, *(message(n, f"f{n}") for n in range(20)))

    assert found == {f"f{n}": f"m{n}" for n in range(20) if n != 7}
