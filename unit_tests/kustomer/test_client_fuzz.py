"""The client against an API that answers anything at all."""

import base64
import gzip
import itertools
import json
import logging
import tracemalloc
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_kustomer.errors import KustomerError, NotAuthorised
from source_kustomer.kustomer.client import TOKEN_PATH
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.kustomer.transport import Answer, NoAnswer, Request
from source_kustomer.logger import LOGGER
from unit_tests.in_memory import KEY, InMemoryTransport, Time, client_of, reply

MB = 1 << 20
PAGES_READ = 20
MAX_ATTEMPTS = 40
"""Attempts of one request: retries within 20 seconds, answers 429, and smaller pages."""

TEXTS = st.text(max_size=8) | st.sampled_from(
    [KEY, KEY.upper(), base64.b64encode(KEY.encode()).decode(), f"a {KEY} \x1b[2J\u202e", ".."]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def member(*usual):
    """Return a strategy: mostly what the API sends, sometimes anything."""
    return st.one_of(*usual, *usual, VALUES)


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": member(st.sampled_from(["1", "2", "3"])),
            "attributes": member(st.dictionaries(TEXTS, VALUES, max_size=2)),
        },
    ),
    max_size=5,
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "data": member(ROWS),
        "errors": member(st.lists(st.dictionaries(TEXTS, VALUES, max_size=2), max_size=2)),
        "message": member(TEXTS),
        "meta": member(
            st.fixed_dictionaries(
                {},
                optional={
                    "pageSize": member(st.integers(-1, 600)),
                    "total": member(st.integers(-1, 10**18)),
                    "timed_out": member(st.booleans()),
                },
            )
        ),
        "links": member(st.fixed_dictionaries({"next": member(st.none(), TEXTS)})),
        "included": member(ROWS),
    },
)
BODIES = st.one_of(
    DOCUMENTS.map(lambda document: json.dumps(document).encode()),
    DOCUMENTS.map(lambda document: json.dumps(document, ensure_ascii=False)).map(
        lambda text: text.encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=20),
    st.integers(1, 3_000).map(lambda depth: b'{"data":' + b"[" * depth + b"]" * depth + b"}"),
    st.integers(1, 5_000).map(lambda digits: b'{"data":[{"id":' + b"1" * digits + b"}]}"),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["date", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"]
    ),
    TEXTS | st.integers().map(str),
    max_size=3,
)
STATUSES = st.sampled_from([200, 200, 200, 200, 401, 403, 404, 429, 500]) | st.integers(100, 599)


@st.composite
def answers(draw):
    content, encoding = draw(BODIES), draw(st.sampled_from(["", "", "gzip", "br"]))
    if encoding == "gzip":
        content = gzip.compress(content, 1)[: draw(st.sampled_from([None, -1]))]
    headers = {**draw(HEADERS), "content-encoding": encoding}
    return Answer(draw(STATUSES), headers, content, 0.1)


OUTCOMES = answers() | st.just(NoAnswer("the connection was closed"))


def search(client):
    query = SearchQuery("message", "message_updated_at")
    for page in (1, 2):
        with client.search(query, page=page, stream="messages") as document:
            assert all(isinstance(row, dict) for row in document.data)


def read_list(client, size):
    pages = client.list_pages("/teams", page_size=size, stream="teams")
    for document in itertools.islice(pages, PAGES_READ):
        assert all(isinstance(row, dict) for row in document.data)


USES = {
    "get": lambda client: client.get("/teams", stream="teams"),
    "search": search,
    "list": lambda client: read_list(client, 100),
    "short list": lambda client: read_list(client, 3),
    "key": lambda client: client.check_key(),
    "time": lambda client: client.time_of_day(),
}


@pytest.mark.parametrize("use", USES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=st.lists(OUTCOMES, min_size=1, max_size=5))
def test_any_answer_is_read_or_is_an_error_of_the_connector(caplog, use, outcomes):
    caplog.set_level(logging.DEBUG, LOGGER.name)
    caplog.clear()
    turn = itertools.cycle(outcomes)
    api = InMemoryTransport(lambda _request: next(turn))
    client = client_of(api, Time(), retry_seconds=20.0)
    texts = []

    try:
        USES[use](client)
    except KustomerError as error:
        texts += [error.message, error.internal_message, str(error), repr(error)]

    assert len(api.requests) <= 2 * PAGES_READ * MAX_ATTEMPTS
    output = "\n".join([*texts, *caplog.messages])
    assert KEY not in output.lower()
    assert base64.b64encode(KEY.encode()).decode() not in output
    assert all(text.isprintable() for text in [*texts, *caplog.messages])


@pytest.fixture(scope="module")
def bomb():
    """A body that decompresses to 300 MB."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * MB) for _ in range(300)) + packer.flush()


@pytest.mark.parametrize(
    ("use", "status", "limit"), [("get", 200, 300), ("search", 200, 300), ("get", 403, 10)]
)
def test_a_body_that_decompresses_to_very_much_fails_at_its_limit(bomb, use, status, limit):
    body = reply(bomb, status, {"content-encoding": "gzip"})
    api = InMemoryTransport(lambda _request: body)
    client = client_of(api, Time(), retry_seconds=0.0)

    tracemalloc.start()
    with pytest.raises(KustomerError, match=r"larger than 256 MB|its body is not JSON"):
        USES[use](client)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < limit * MB


class Endless(InMemoryTransport):
    """Sends bodies that do not end."""

    def send(self, request):
        self.requests.append(request)
        for _ in range(1_000):
            request.on_received(MB)
        raise AssertionError("more was received than the limit")


def test_an_endless_body_is_ended_at_its_limit():
    api = Endless()
    with pytest.raises(KustomerError, match="larger than 64 MB"):
        client_of(api, Time(), retry_seconds=1.0).get("/teams", stream="teams")
    assert len(api.requests) > 1


@pytest.mark.parametrize(
    ("use", "result"),
    [
        (lambda client: client.time_of_day(), None),
        (lambda client: client.current_key(), None),
        (
            lambda client: client.send_once(Request("GET", "/teams")),
            NoAnswer("the answer is larger than 16 MB"),
        ),
    ],
)
def test_an_endless_body_is_ended_also_where_its_content_is_not_used(use, result):
    client = client_of(Endless(), Time(), retry_seconds=1.0)

    assert use(client) == result


def test_an_endless_body_does_not_show_whether_the_key_is_accepted():
    def answer(request):
        if request.path == TOKEN_PATH:
            return Endless().send(request)
        return reply({"errors": [{"title": "no"}]}, 401)

    with pytest.raises(NotAuthorised):
        client_of(InMemoryTransport(answer), Time(), retry_seconds=1.0).get("/teams", stream="x")
