"""The client against a real HTTP server that answers as it is told to."""

import gzip
import json
import logging
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from source_kustomer import errors
from source_kustomer.kustomer import page_size
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.search import SearchQuery

KEY = "canary-key-5fd1"
QUERY = SearchQuery("conversation", "conversation_updated_at", gte="2024-01-01T00:00:00.000Z")
RESET = "reset"
CUT = "cut"
DRIP = "drip"


@dataclass
class Reply:
    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    trouble: str | None = None

    @property
    def content(self):
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps({"data": []} if self.body is None else self.body).encode()


class Kustomer:
    """A server: replies in order, the last one for ever; or by a function of the request."""

    def __init__(self):
        self.replies = [Reply()]
        self.asked: list[dict] = []
        self.drop = lambda: None
        self.date = "Fri, 15 Jan 2027 08:00:00 GMT"
        kustomer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                request = {
                    "method": self.command,
                    "path": parts.path,
                    "params": {name: value[0] for name, value in parse_qs(parts.query).items()},
                    "body": self.rfile.read(length),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "connection": self.client_address,
                }
                kustomer.asked.append(request)
                self.send(kustomer.next(request))

            def send(self, reply):
                if reply.trouble == RESET:
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.close()
                    self.close_connection = True
                    return
                content = reply.content
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if reply.trouble == CUT:
                    content, self.close_connection = content[: len(content) // 2], True
                if reply.trouble == DRIP:
                    for byte in content[:-1]:
                        self.wfile.write(bytes([byte]))
                        kustomer.drop()
                    content = content[-1:]
                self.wfile.write(content)

            do_GET = do_POST = answer  # noqa: N815

            def date_time_string(self, timestamp=None):
                return kustomer.date

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/v1"

    def next(self, request):
        if callable(self.replies):
            return self.replies(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Time:
    """Passes only when something waits."""

    now: float = 0.0
    waits: list = field(default_factory=list)

    def wait(self, event, seconds):
        self.waits.append(seconds)
        self.now += seconds + 0.001
        return event.is_set()

    @property
    def clock(self):
        return Clock(
            monotonic=lambda: self.now, unix=lambda: 1_800_000_000 + self.now, wait=self.wait
        )


@pytest.fixture
def kustomer():
    server = Kustomer()
    yield server
    server.stop()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def client(kustomer, time):
    return Client(kustomer.url, KEY, budgets=Budgets(0.8), clock=time.clock)


def search(client, query=QUERY, **settings):
    with client.search(query, stream="conversations", **settings) as document:
        return document


def sizes(kustomer):
    return [int(request["params"]["pageSize"]) for request in kustomer.asked]


def granted(maximum, status=400):
    """Refuse pages larger than a maximum."""

    def reply(request):
        if int(request["params"]["pageSize"]) > maximum:
            return Reply({"errors": [{"detail": "pageSize is too large"}]}, status)
        return Reply({"data": [{"id": "1"}], "meta": {"total": 1}})

    return reply


# What is sent


def test_a_get_carries_the_key_and_says_who_asks(client, kustomer):
    client.get("/teams", {"page": 1, "pageSize": 100}, stream="teams")

    request = kustomer.asked[0]
    assert (request["method"], request["path"]) == ("GET", "/v1/teams")
    assert request["params"] == {"page": "1", "pageSize": "100"}
    assert request["headers"]["authorization"] == f"Bearer {KEY}"
    assert request["headers"]["accept-encoding"] == "gzip"
    assert request["headers"]["user-agent"].startswith("source-kustomer/")


def test_a_search_sends_only_documented_members(client, kustomer):
    search(client, SearchQuery("note", "note_updated_at", gte="a", lt="b"), page=2)

    request = kustomer.asked[0]
    assert (request["method"], request["path"]) == ("POST", "/v1/customers/search")
    assert request["params"] == {"page": "2", "pageSize": "500"}
    assert json.loads(request["body"]) == {
        "queryContext": "note",
        "and": [{"note_updated_at": {"gte": "a"}}, {"note_updated_at": {"lt": "b"}}],
        "sort": [{"note_updated_at": "asc"}],
        "includeDeleted": True,
    }


def test_old_records_are_searched_in_the_archive(client, kustomer):
    search(client, SearchQuery("message", "message_updated_at", archive=True))

    assert kustomer.asked[0]["path"] == "/v1/customers/archive/search"


@pytest.mark.parametrize("path", ["teams", "", ".example.com/v1/teams", "@example.com/"])
def test_a_path_that_could_lead_to_another_host_is_not_sent(client, kustomer, path):
    with pytest.raises(ValueError, match="not a request that reads"):
        client.get(path, stream="teams")

    assert kustomer.asked == []


@pytest.mark.parametrize(("page", "page_size"), [(101, 10), (21, 500), (101, None), (102, 100)])
def test_a_page_beyond_the_caps_is_never_asked_for(client, kustomer, page, page_size):
    with pytest.raises(ValueError, match="caps"):
        search(client, page=page, page_size=page_size)

    assert kustomer.asked == []


@pytest.mark.parametrize("url", ["ftp://example.com", "example.com/v1", ""])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(errors.ConfigError):
        Client(url, KEY, budgets=Budgets(0.8))


def test_a_netrc_file_does_not_take_the_keys_place(client, kustomer, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    client.get("/teams", stream="teams")

    assert kustomer.asked[0]["headers"]["authorization"] == f"Bearer {KEY}"


def test_connections_are_used_again(client, kustomer):
    for _ in range(5):
        client.get("/teams", stream="teams")

    assert len({request["connection"] for request in kustomer.asked}) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_a_redirect_to_another_host(client, kustomer, status):
    other = Kustomer()
    kustomer.replies = [Reply(status=status, headers={"Location": f"{other.url}/teams"})]

    with pytest.raises(errors.ConfigError, match="redirects") as caught:
        client.get("/teams", stream="teams")

    other.stop()
    assert other.asked == []
    assert other.origin not in str(caught.value)


# What comes back


def test_a_compressed_body_is_read(client, kustomer):
    body = gzip.compress(json.dumps({"data": [{"id": "1"}]}).encode())
    kustomer.replies = [Reply(body, headers={"Content-Encoding": "gzip"})]

    assert client.get("/teams", stream="teams").resource == {"id": "1"}


def test_an_encoding_that_is_none_is_no_trouble(client, kustomer):
    kustomer.replies = [Reply({"data": [{"id": "1"}]}, headers={"Content-Encoding": "Identity"})]

    assert client.get("/teams", stream="teams").resource == {"id": "1"}


def test_lone_surrogates_are_replaced(client, kustomer):
    kustomer.replies = [Reply(b'{"data": [{"id": "1", "text": "a\\ud800b\\u0000"}]}')]

    assert client.get("/teams", stream="teams").resource["text"] == "a\ufffdb\0"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b"caf\xe9", "caf\ufffd"),
        (b"a\x00b", "a\x00b"),
        (b"a\nb", "a\nb"),
    ],
)
def test_text_that_strict_json_refuses_is_read(client, kustomer, text, read):
    kustomer.replies = [Reply(b'{"data": [{"id": "1", "text": "' + text + b'"}]}')]

    assert client.get("/teams", stream="teams").resource["text"] == read


@pytest.mark.parametrize(
    "body",
    [
        {"data": None},
        {"meta": None, "data": [], "links": None},
        {},
        {"data": [None, "text"], "included": None, "meta": [], "links": "none"},
    ],
)
def test_members_that_are_missing_or_odd_count_as_empty(client, kustomer, body):
    kustomer.replies = [Reply(body)]
    document = client.get("/teams", stream="teams")

    assert (document.data, document.included, document.total) == ([], [], None)
    assert not document.has_next


def test_a_document_tells_what_was_granted(client, kustomer):
    kustomer.replies = [Reply({"data": [], "meta": {"pageSize": 100, "total": 7}})]

    document = search(client)

    assert (document.page_size, document.total) == (100, 7)


# Trouble


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=500),
        Reply(b"<html>Bad gateway</html>", 502),
        Reply(status=503),
        Reply(status=504),
        Reply(status=408),
        Reply(status=520),
        Reply(b"<html>Welcome</html>"),
        Reply(b'{"data": [{"id":'),
        Reply(b"[1, 2]"),
        Reply({"data": ["x" * 1000]}, trouble=CUT),
        Reply(trouble=RESET),
        Reply(gzip.compress(b'{"data": []}' * 99)[:-20], headers={"Content-Encoding": "gzip"}),
    ],
)
def test_what_may_pass_is_tried_again(client, kustomer, time, caplog, trouble):
    kustomer.replies = [trouble, trouble, Reply({"data": [{"id": "1"}]})]

    assert search(client).resource == {"id": "1"}
    assert len(kustomer.asked) == 3
    assert len(time.waits) == 2
    assert 0 < time.waits[0] <= 0.5
    assert 0 < time.waits[1] <= 1.0
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert client.meter.retries == 2


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(kustomer, time):
    client = Client(kustomer.url, KEY, budgets=Budgets(0.8), clock=time.clock, read_timeout=0.2)
    late = threading.Event()

    def reply(_request):
        if len(kustomer.asked) == 1:
            late.wait(1.0)
        return Reply({"data": [{"id": "1"}]})

    kustomer.replies = reply

    assert search(client).resource == {"id": "1"}
    late.set()


def test_an_answer_that_drips_is_given_up_and_asked_for_again(client, kustomer, time):
    def drop():
        time.now += 30.0

    kustomer.drop = drop
    kustomer.replies = [Reply({"data": []}, trouble=DRIP), Reply({"data": [{"id": "1"}]})]

    assert search(client).resource == {"id": "1"}
    assert len(kustomer.asked) == 2


def test_a_stop_ends_the_reading_of_an_answer(client, kustomer):
    kustomer.drop = client.stop
    kustomer.replies = [Reply({"data": []}, trouble=DRIP)]

    with pytest.raises(errors.Stopped):
        search(client)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_empty_body_is_not_taken_for_an_empty_list(kustomer, time, status):
    client = Client(kustomer.url, KEY, budgets=Budgets(0.8), clock=time.clock)
    kustomer.replies = [Reply(b"", status)]

    with pytest.raises(errors.KustomerUnavailable, match="no JSON"):
        client.get("/teams", stream="teams")


def test_an_outage_of_a_minute_is_survived(client, kustomer, time):
    kustomer.replies = lambda _request: Reply(status=503) if time.now < 60 else Reply()

    client.get("/teams", stream="teams")

    assert time.now < 120


def test_an_outage_of_ten_minutes_ends_with_a_sentence(client, kustomer, time):
    kustomer.replies = [Reply(b"<html>down</html>", 503)]

    with pytest.raises(errors.KustomerUnavailable) as caught:
        client.get("/teams", stream="teams")

    assert 290 <= time.now <= 340
    assert "HTTP 503" in caught.value.message
    assert "<html>" not in caught.value.message
    assert len(kustomer.asked) <= 60


def test_a_port_where_nobody_listens_is_told_as_such(time):
    client = Client("http://127.0.0.1:9/v1", KEY, budgets=Budgets(0.8), clock=time.clock)

    with pytest.raises(errors.KustomerUnavailable, match="connection refused"):
        client.get("/teams", stream="teams")


def test_waiting_for_the_rate_limit_is_no_trouble(kustomer, time):
    class Slow(Budgets):
        def acquire(self, kind):
            super().acquire(kind)
            time.now += 200.0
            return 200.0

    client = Client(kustomer.url, KEY, budgets=Slow(0.8), clock=time.clock)
    kustomer.replies = [*[Reply(status=503)] * 5, Reply({"data": [{"id": "1"}]})]

    assert client.get("/teams", stream="teams").resource == {"id": "1"}


def test_a_429_is_waited_for_and_one_without_end_is_told(kustomer, time):
    class Patient(Budgets):
        def acquire(self, kind):
            return 0.0

    client = Client(kustomer.url, KEY, budgets=Patient(0.8), clock=time.clock)
    kustomer.replies = [*[Reply(status=429)] * 9, Reply({"data": [{"id": "1"}]})]
    assert client.get("/teams", stream="teams").resource == {"id": "1"}
    assert client.meter.rate_limited == 9

    kustomer.replies = [Reply(status=429)]
    with pytest.raises(errors.RateLimited):
        client.get("/teams", stream="teams")


def test_stopping_ends_a_wait_between_two_tries(kustomer):
    client = Client(kustomer.url, KEY, budgets=Budgets(0.8))
    kustomer.replies = [Reply(status=503)]
    threading.Timer(0.3, client.stop).start()

    with pytest.raises(errors.Stopped):
        client.get("/teams", stream="teams")


def test_nothing_is_sent_after_the_stop(client, kustomer):
    client.stop()

    with pytest.raises(errors.Stopped):
        client.get("/teams", stream="teams")
    assert kustomer.asked == []


# Refusals


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.UnexpectedDocument),
        (401, errors.NotAuthorised),
        (402, errors.NotPermitted),
        (403, errors.NotPermitted),
        (404, errors.NotFound),
        (422, errors.UnexpectedDocument),
    ],
)
def test_what_will_not_pass_is_told_at_once(client, kustomer, status, error):
    kustomer.replies = [Reply({"errors": [{"detail": "no such thing"}]}, status)]

    with pytest.raises(error, match="no such thing"):
        client.get("/teams", stream="teams")
    assert len(kustomer.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("body", [b"<html>Attention Required!</html>", b"", b'"no"'])
def test_a_refusal_in_another_form_than_the_apis_is_believed_when_it_lasts(
    client, kustomer, time, status, body
):
    odd = Reply(body, status)
    kustomer.replies = [odd, odd, Reply({"data": [{"id": "1"}]})]
    assert client.get("/teams", stream="teams").resource == {"id": "1"}

    kustomer.replies = [odd]
    with pytest.raises(errors.ConfigError):
        client.get("/teams", stream="teams")
    assert len(kustomer.asked) == 6


def test_a_key_that_the_api_repeats_stays_out_of_the_message(client, kustomer):
    kustomer.replies = [Reply({"message": f"unknown token {KEY}"}, 401)]

    with pytest.raises(errors.NotAuthorised) as caught:
        client.get("/teams", stream="teams")

    assert KEY not in str(caught.value) + caught.value.internal_message


def test_the_key_shows_in_no_text(kustomer, time, caplog):
    caplog.set_level(logging.DEBUG)
    client = Client(kustomer.url, KEY, budgets=Budgets(0.8), clock=time.clock, patience=1.0)
    texts = [repr(client), str(client)]
    for reply in (Reply(status=401), Reply(status=500), Reply(trouble=RESET), Reply(b"<p>")):
        kustomer.replies = [reply]
        with pytest.raises(errors.KustomerError) as caught:
            client.get("/teams", stream="teams")
        texts += [str(caught.value), repr(caught.value), caught.value.internal_message]

    assert KEY not in "".join(texts) + caplog.text


# Page sizes


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_page_size_is_fallen_back_from_and_remembered(client, kustomer, caplog, status):
    kustomer.replies = granted(250, status)

    assert search(client).page_size == 250
    search(client, SearchQuery("message", "message_updated_at"))

    assert sizes(kustomer) == [500, 250, 250]
    assert sum("larger pages" in record.message for record in caplog.records) == 1


def test_a_page_size_refused_in_the_middle_of_a_sync_is_fallen_back_from(client, kustomer):
    kustomer.replies = granted(500)
    search(client)
    kustomer.replies = granted(100)

    search(client, page=2)
    search(client, page=3)

    assert sizes(kustomer) == [500, 500, 250, 100, 100]


def test_a_refusal_at_the_smallest_size_is_an_error_with_the_apis_words(client, kustomer):
    kustomer.replies = [Reply({"errors": [{"detail": "unknown attribute"}]}, 400)]

    with pytest.raises(errors.UnexpectedDocument, match=r"conversation.*unknown attribute"):
        search(client)
    assert sizes(kustomer) == [500, 250, 100]


def test_a_query_that_fails_at_a_large_page_is_tried_with_a_smaller_one(client, kustomer):
    kustomer.replies = granted(250, 500)

    search(client)

    assert sizes(kustomer) == [500, 500, 500, 250]


def test_queries_after_two_that_failed_at_a_large_page_begin_with_a_smaller_one(client, kustomer):
    kustomer.replies = granted(250, 500)

    for context in ("conversation", "message", "customer"):
        search(client, SearchQuery(context, f"{context}_updated_at"))

    assert sizes(kustomer) == [500, 500, 500, 250, 500, 500, 500, 250, 250]


def test_the_later_pages_of_a_query_are_no_larger_than_its_first(client, kustomer):
    kustomer.replies = granted(250, 500)
    search(client)
    kustomer.replies = granted(500)

    search(client, page=2)
    search(client, SearchQuery("message", "message_updated_at"))

    assert sizes(kustomer)[-2:] == [250, 500]


AVOIDED_FOR = 5
"""Few enough that no search has to wait for the rate limit."""


def test_a_query_begun_while_large_pages_are_avoided_stays_with_its_size(
    client, kustomer, monkeypatch
):
    """Or its second page would begin behind records that its first has not shown."""
    monkeypatch.setattr(page_size, "SEARCHES_BEFORE_LARGER", AVOIDED_FOR)
    kustomer.replies = granted(250, 500)
    for number in range(2):
        search(client, SearchQuery("note", "note_updated_at", gte=str(number)))
    kustomer.replies = granted(500)
    for number in range(AVOIDED_FOR - 1):
        search(client, SearchQuery("message", "message_updated_at", gte=str(number)))

    search(client)
    search(client, SearchQuery("customer", "customer_updated_at"))
    search(client, page=2)

    assert sizes(kustomer)[-3:] == [250, 500, 250]


def test_a_smaller_grant_lets_a_query_reach_its_hundredth_page(client, kustomer):
    rows = [{"id": str(number)} for number in range(100)]
    kustomer.replies = [Reply({"data": rows, "meta": {"pageSize": 100, "total": 10_000}})]
    search(client)

    assert len(search(client, page=100).data) == 100


def test_a_list_that_refuses_a_large_page_is_read_by_the_default(client, kustomer):
    kustomer.replies = granted(100)

    pages = list(client.list_pages("/users", page_size=500, stream="users"))

    assert [row["id"] for page in pages for row in page.data] == ["1"]
    assert sizes(kustomer)[:2] == [500, 100]


# Many at once


def test_few_pages_are_held_decoded_at_a_time(kustomer):
    client = Client(kustomer.url, KEY, budgets=Budgets(0.8))
    lock, held, most = threading.Lock(), [0], [0]
    entered = threading.Barrier(2)

    def read(number):
        with client.search(QUERY, stream="conversations"):
            with lock:
                held[0] += 1
                most[0] = max(most[0], held[0])
            if number < 2:
                entered.wait(5)
            with lock:
                held[0] -= 1

    with ThreadPoolExecutor(12) as pool:
        first = [pool.submit(read, number) for number in range(2)]
        [future.result() for future in first]
        list(pool.map(read, range(2, 14)))

    assert most[0] == 2


def test_a_consumer_that_fails_gives_its_place_back(client):
    for _ in range(5):
        with pytest.raises(KeyError), client.search(QUERY, stream="conversations"):
            raise KeyError

    assert search(client).data == []


def test_each_answer_is_told_to_whoever_debugs(client, caplog):
    caplog.set_level(logging.DEBUG, logger="airbyte.source-kustomer")
    client.get("/teams", {"page": 1}, stream="teams")

    assert "Stream teams: GET /teams answered 200, 12 bytes" in caplog.text
    assert KEY not in caplog.text


def test_requests_are_counted_by_stream(client):
    client.get("/teams", stream="teams")
    search(client)
    search(client)

    assert client.meter.requests == {"teams": 1, "conversations": 2}
    assert client.meter.searches == 2
    assert client.meter.total == 3
    assert client.meter.received_bytes > 0


# A key that is asked about


@pytest.mark.parametrize("status", [400, 402, 403, 404, 500])
def test_only_a_refused_key_fails_the_question_about_the_key(kustomer, time, status):
    client = Client(kustomer.url, KEY, budgets=Budgets(0.8), clock=time.clock, patience=5.0)
    kustomer.replies = [Reply({"errors": [{"detail": "no"}]}, status)]
    client.check_key()

    kustomer.replies = [Reply({"errors": [{"detail": "no"}]}, 401)]
    with pytest.raises(errors.NotAuthorised):
        client.check_key()


@pytest.mark.parametrize("key", ["n", "null", '"', "e", "\\"])
def test_a_key_that_is_part_of_json_itself_breaks_no_error(kustomer, time, key):
    client = Client(kustomer.url, key, budgets=Budgets(0.8), clock=time.clock)
    for body in (b"<html>no</html>", b'{"message": "no", "meta": [null]}'):
        kustomer.replies = [Reply(body, 403)]
        with pytest.raises(errors.NotPermitted):
            client.get("/teams", stream="teams")


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500])
def test_the_time_of_day_is_read_from_whatever_answer_comes(kustomer, client, status):
    kustomer.replies = [Reply(status=status)]

    assert client.time_of_day() == 1_800_000_000
    assert [request["path"] for request in kustomer.asked] == ["/v1/auth/tokens/current"]


def test_an_answer_that_does_not_come_is_asked_for_once_more(kustomer, client):
    kustomer.replies = [Reply(trouble=RESET), Reply()]

    assert client.time_of_day() == 1_800_000_000


@pytest.mark.parametrize("date", ["", "soon", "2027-01-15T08:00:00Z", "Fri, 99 Jan 2027 08:00:00"])
def test_a_date_that_is_none_tells_no_time(kustomer, client, date):
    kustomer.date = date

    assert client.time_of_day() is None
