"""The transport over HTTP, against a server that sends given bytes."""

import gzip
import socketserver
import threading
from dataclasses import dataclass, field

import pytest

from source_kustomer.errors import ConfigError, Stopped
from source_kustomer.kustomer.requests_transport import RequestsTransport
from source_kustomer.kustomer.transport import MAX_ERROR_BODY, Answer, NoAnswer, Request
from unit_tests.in_memory import KEY, Time

GET = Request("GET", "/teams", {"page": 1}, stream="teams")


def http(body=b"{}", status=200, **headers):
    """Return an HTTP answer as bytes."""
    headers.setdefault("Content_Length", len(body))
    lines = [
        f"HTTP/1.1 {status} Text",
        *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def close():
    """End a connection."""
    raise OSError


@dataclass
class Server:
    """Sends what it is given for each request, and keeps the requests."""

    answer: list = field(default_factory=lambda: [http()])
    """The parts of an answer. A function among them is called in its place."""
    requests: list = field(default_factory=list)
    connections: int = 0
    url: str = ""

    def serve(self, connection):
        self.connections += 1
        received = connection.makefile("rb")
        while line := received.readline():
            lines = [line]
            while (line := received.readline()) not in (b"\r\n", b""):
                lines.append(line)
            self.requests.append(b"".join(lines).decode())
            length = [int(x.split(b":")[1]) for x in lines if x.lower().startswith(b"content-l")]
            received.read(sum(length))
            for part in self.answer:
                if callable(part):
                    part()
                else:
                    connection.sendall(part)


@pytest.fixture
def server():
    served = Server()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                served.serve(self.request)
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        served.url = f"http://127.0.0.1:{listener.server_address[1]}/v1"
        yield served
        listener.shutdown()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def transport(server, time):
    return RequestsTransport(server.url, KEY, clock=time.clock)


def test_a_request_carries_the_key_and_names_the_connector(transport, server):
    answer = transport.send(GET)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.content) == (200, b"{}")
    (request,) = server.requests
    assert request.startswith("GET /v1/teams?page=1 HTTP/1.1")
    assert f"Authorization: Bearer {KEY}\r\n" in request
    assert "Accept-Encoding: gzip\r\n" in request
    assert "User-Agent: source-kustomer/" in request


def test_a_search_sends_its_body(transport, server):
    transport.send(Request("POST", "/customers/search", {"page": 2}, b'{"a": 1}'))

    assert server.requests[0].startswith("POST /v1/customers/search?page=2 HTTP/1.1")
    assert "Content-Type: application/json\r\n" in server.requests[0]


def test_a_path_with_a_version_of_its_own_replaces_the_version(transport, server):
    transport.send(Request("GET", "/v3/kb/tags"))

    assert server.requests[0].startswith("GET /v3/kb/tags HTTP/1.1")


def test_a_percent_encoded_segment_is_sent_as_it_is(transport, server):
    transport.send(Request("GET", "/metadata/kobject.a%2Fb%3Fc%20d"))

    assert server.requests[0].startswith("GET /v1/metadata/kobject.a%2Fb%3Fc%20d HTTP/1.1")


def test_headers_have_lower_case_names(transport, server):
    server.answer = [http(X_RateLimit_Limit=1000, Date="Fri, 15 Jan 2027 08:00:00 GMT")]
    answer = transport.send(GET)

    assert answer.headers["x-ratelimit-limit"] == "1000"
    assert answer.date == 1_800_000_000


def test_a_netrc_file_does_not_replace_the_key(transport, server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    transport.send(GET)

    assert f"Authorization: Bearer {KEY}\r\n" in server.requests[0]


def test_connections_are_used_again(transport, server):
    for _ in range(5):
        transport.send(GET)

    assert server.connections == 1


def test_cookies_are_neither_stored_nor_sent(transport, server):
    server.answer = [http(Set_Cookie="session=1; Path=/")]
    for _ in range(3):
        transport.send(GET)

    assert not [request for request in server.requests if "Cookie" in request]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_returned_and_not_followed(transport, server, status):
    server.answer = [http(b"", status, Location=f"{server.url}/other")]

    assert transport.send(GET).status == status
    assert len(server.requests) == 1


def test_a_body_is_returned_compressed_as_it_is_received(transport, server):
    body = gzip.compress(b'{"data": []}')
    server.answer = [http(body, Content_Encoding="gzip")]

    answer = transport.send(GET)

    assert (answer.content, answer.encoding) == (body, "gzip")


def test_only_the_beginning_of_an_error_body_is_read(transport, server):
    server.answer = [http(b"x" * 10_000_000, 403)]

    assert transport.send(GET).content == b"x" * MAX_ERROR_BODY


@pytest.mark.parametrize("length", [100, 200_000])
def test_an_incomplete_body_is_not_an_answer(server, transport, length):
    server.answer = [http(b"x" * 50, Content_Length=length), close]

    outcome = transport.send(GET)

    assert isinstance(outcome, NoAnswer)
    assert (outcome.status, outcome.reason) == (200, "the connection was closed")


def test_a_connection_that_is_reset_is_not_an_answer(server, transport):
    server.answer = [close]

    assert isinstance(transport.send(GET), NoAnswer)


def test_an_answer_that_does_not_come_in_time_is_not_an_answer(server, time):
    transport = RequestsTransport(server.url, KEY, clock=time.clock, read_timeout=0.05)
    late = threading.Event()
    server.answer = [late.wait]

    outcome = transport.send(GET)
    late.set()

    assert outcome == NoAnswer("no complete answer in time")


def test_a_body_that_drips_has_a_deadline(server, transport, time):
    def drip():
        time.now += 30.0

    server.answer = [http(b"", Content_Length=100), *[b"x", drip] * 99, close]

    outcome = transport.send(GET)

    assert isinstance(outcome, NoAnswer)
    assert outcome.reason == "no complete answer in time"


@pytest.mark.parametrize(
    ("head", "repeated"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Header: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n"),
    ],
    ids=[
        "100 continue",
        "status line",
        "headers",
        "one header",
        "chunks",
        "chunk extension",
        "trailers",
    ],
)
def test_an_answer_without_end_is_not_an_answer(server, transport, time, head, repeated):
    def drip():
        time.now += 10.0

    server.answer = [head, *[repeated, drip] * 90, close]

    outcome = transport.send(GET)

    assert isinstance(outcome, NoAnswer)
    assert outcome.reason == "no complete answer in time"


def test_a_deadline_ends_with_its_answer(server, transport, time):
    transport.send(GET)
    time.now += 10_000.0

    assert isinstance(transport.send(GET), Answer)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_without_a_certificate_is_reported_at_once(
    server, monkeypatch, tmp_path, content
):
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

    with pytest.raises(ConfigError, match="CA bundle that REQUESTS_CA_BUNDLE"):
        RequestsTransport(server.url.replace("http:", "https:"), KEY).send(GET)


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://127.0.0.1:9",
        "socks9://127.0.0.1:9",
        "ftp://127.0.0.1:9",
        "http://",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://[::1",
    ],
)
def test_a_proxy_that_cannot_be_used_is_reported_at_once(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(ConfigError, match="HTTPS_PROXY"):
        RequestsTransport("https://127.0.0.1:9/v1", KEY).send(GET)


def test_an_exception_of_the_receiver_ends_the_request(server, transport):
    def stop(_count):
        raise Stopped

    server.answer = [http(b"x" * 1_000_000)]

    with pytest.raises(Stopped):
        transport.send(Request("GET", "/teams", on_received=stop))


def test_a_port_without_a_server_refuses_the_connection(time):
    transport = RequestsTransport("http://127.0.0.1:9/v1", KEY, clock=time.clock)

    assert transport.send(GET) == NoAnswer("connection refused")


def test_the_key_is_not_in_the_host():
    transport = RequestsTransport(f"https://user:{KEY}@example.com:8443/v1", KEY)

    assert transport.host == "https://example.com:8443"
