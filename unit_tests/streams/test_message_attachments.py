"""The files of messages: requested several at a time, or below their message."""

import pytest

from source_kustomer.engine.children import Parent
from source_kustomer.streams.correspondence import MessageAttachments
from unit_tests.engine.harness import OneSync
from unit_tests.in_memory import InMemoryTransport, client_of, reply


class Api:
    """Serves files by their ids, inbound ones below their message only."""

    def __init__(self, *, gone=(), inbound=(), leaves_out=False):
        self._gone = set(gone)
        self._inbound = set(inbound)
        self._leaves_out = leaves_out
        self.requested = []
        self.client = client_of(InMemoryTransport(self._answer))

    def _answer(self, request):
        ids = request.path.rpartition("/")[2].split(",")
        if request.path.startswith("/messages/"):
            self.requested.append(request.path)
            missing = self._gone
        else:
            self.requested.append(ids)
            missing = self._gone | self._inbound
        by_id = request.path.startswith("/attachments/")
        if missing & set(ids) and not (self._leaves_out and by_id):
            return reply({"errors": [{"title": "no such file"}]}, 404)
        return reply({"data": [{"id": name} for name in ids if name not in missing]})


def files(api, *parents):
    found = MessageAttachments().children(api.client, parents)
    return {row["id"]: page.parent.id for page in found for row in page.resources}


def message(number, *names):
    return Parent(f"m{number}", "2026-01-01T00:00:00Z", names)


def test_fifty_files_take_one_request():
    api = Api()

    assert len(files(api, *(message(n, f"f{n}") for n in range(120)))) == 120
    assert [len(ids) for ids in api.requested] == [50, 50, 20]


def test_messages_without_files_take_none():
    api = Api()

    assert files(api, message(1), message(2)) == {}
    assert api.requested == []


@pytest.mark.parametrize("leaves_out", [False, True], ids=["answers 404", "leaves it out"])
def test_a_file_that_is_gone_hides_no_other_file_and_is_logged(leaves_out, caplog):
    api = Api(gone=["f7"], leaves_out=leaves_out)

    found = files(api, *(message(n, f"f{n}") for n in range(20)))

    assert found == {f"f{n}": f"m{n}" for n in range(20) if n != 7}
    assert "1 file that messages name does not exist any more" in caplog.text


@pytest.mark.parametrize("leaves_out", [False, True], ids=["answers 404", "leaves them out"])
def test_files_that_are_not_served_by_id_are_read_below_their_message(leaves_out):
    api = Api(inbound=["f3", "f4"], leaves_out=leaves_out)

    found = files(api, *(message(n, f"f{n}") for n in range(20)))

    assert found == {f"f{n}": f"m{n}" for n in range(20)}
    assert api.requested[-2:] == ["/messages/m3/attachments/f3", "/messages/m4/attachments/f4"]


@pytest.mark.parametrize("is_included", [True, False])
def test_the_files_of_a_page_of_messages_go_into_the_channel_together(is_included, monkeypatch):
    messages = [
        {
            "id": f"m{number}",
            "attributes": {"updatedAt": f"2026-01-01T00:00:{number:02}.000Z"},
            "relationships": {
                "attachments": {"data": [{"type": "attachment", "id": f"f{number}"}]}
            },
        }
        for number in range(40)
    ]
    included = [
        {
            "id": f"f{number}",
            "type": "attachment",
            "relationships": {"message": {"data": {"type": "message", "id": f"m{number}"}}},
        }
        for number in range(40 if is_included else 0)
    ]

    def answer(request):
        if request.path == "/messages":
            return reply({"data": messages, "included": included, "links": {"next": None}})
        if request.method == "POST":
            return reply()
        return reply(
            {"data": [{"id": name} for name in request.path.rpartition("/")[2].split(",")]}
        )

    sync = OneSync(MessageAttachments(), client_of(InMemoryTransport(answer)))
    sizes = []
    put_rows = sync.output.put_rows

    def counted(stream, rows):
        sizes.append(put_rows(stream, rows))
        return sizes[-1]

    monkeypatch.setattr(sync.output, "put_rows", counted)
    rows = {row["id"]: row for row in sync.run().rows}

    assert sizes == [40]
    assert rows["f7"]["message_id"] == "m7"
    assert rows["f7"]["message_updated_at"] == "2026-01-01T00:00:07.000Z"
