"""The key goes to Kustomer and nowhere else, and nothing that is sent could change anything.

`Connector.run` searches everything that every run in all these tests writes for its key; here the
failures are gone through with the log at its most talkative, and what goes over the wire is seen.
"""

from __future__ import annotations

import datetime
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integration_tests.connector import UNLIMITED, Connector, Message, Output, with_deadline
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox
from source_kustomer.streams import STREAMS
from tools.streams_reference import endpoint

CANARY = "canary-e83c51d09b6f4a27"
SELECTED = ("messages", "users", "tags")
ENDPOINT = r"(GET|POST) (/[\w/{}-]+)"
BESIDES = {
    "POST /customers/archive/search",
    "GET /auth/tokens/current",
    "GET /metadata/{id}",
    "GET /customers",
    "GET /customers/{id}",
    "GET /customers/searches/schema",
}
"""What is sent besides what the streams declare as their endpoints in docs/streams.md."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    counts = {"messages": 60}
    with Sandbox(60, seed=43, key=CANARY, counts=counts, max_page_size=20, **UNLIMITED) as sandbox:
        yield sandbox


def talkative(folder: Path, url: str, key: str = CANARY) -> Connector:
    """A connector whose requests have two seconds for retries."""
    config = {"api_key": key, "start_date": "2015-01-01"}
    return Connector(folder, url, config, main=with_deadline(2))


def streams(catalog: dict[str, Message], *names: str) -> Message:
    return Destination(catalog[name] for name in names).catalog


def read(connector: Connector, catalog: Message) -> Output:
    path = connector.write("catalog.json", catalog)
    return connector.command("read", "--catalog", path, "--debug")


FAILURES: dict[str, dict[str, Any]] = {
    "every kind of fault, then an outage": {
        "fault_next": ["500", "502", "503", "504", "reset", "cut", "html", "silence"],
        "silence_seconds": 0.2,
        "fault_rate": 1.0,
        "fault_kinds": ["502", "reset", "html"],
    },
    "forbidden, absent, forbidden from the middle on": {
        "forbidden": {"users": 0, "messages": 1},
        "absent": ["tags"],
    },
    "a search that does not sort": {"dialect": {"search-sort": "ignored"}},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_shows_the_key_however_much_is_logged(
    sandbox: Sandbox, catalog: dict[str, Message], tmp_path: Path, failure: str
) -> None:
    with sandbox.temporarily(**FAILURES[failure]):
        output = read(talkative(tmp_path, sandbox.url), streams(catalog, *SELECTED))

    assert any(log["level"] in {"WARN", "ERROR"} for log in output.of("LOG")) or output.errors
    assert any("answered" in log["message"] for log in output.of("LOG") if log["level"] == "DEBUG")
    assert CANARY not in output.stdout + output.stderr


def test_a_refused_key_that_the_api_repeats_is_not_shown(
    catalog: dict[str, Message], tmp_path: Path
) -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        title = f"unknown: {handler.headers['Authorization']}"
        _answer(handler, 401, {"errors": [{"title": title, "detail": title, "meta": {CANARY: 1}}]})

    with serving(echo) as (url, asked):
        connector = talkative(tmp_path, url)
        outputs = [connector.command(name, "--debug") for name in ("check", "discover")]
        outputs.append(read(connector, streams(catalog, *SELECTED)))

    assert asked[0]["authorization"] == f"Bearer {CANARY}"
    for output in outputs:
        assert "does not accept the API key" in output.stdout
        assert CANARY not in output.stdout + output.stderr


def test_everything_that_is_ever_sent_only_reads(
    sandbox: Sandbox, catalog: dict[str, Message], tmp_path: Path
) -> None:
    connector = talkative(tmp_path, sandbox.url)
    assert connector.command("check", "--debug").code == 0
    assert connector.command("discover", "--debug").code == 0
    destination = Destination(catalog.values())
    destination.sync(connector)
    sandbox.change("messages", updates=5)
    sandbox.change("customers", updates=5)
    destination.sync(connector)

    asked = {_without_names(pair) for pair in sandbox.stats()["ever_asked"]}
    declared = [endpoint(declaration()) for declaration in STREAMS]
    named = {" ".join(pair) for text in declared for pair in re.findall(ENDPOINT, text)}
    assert asked <= {_without_names(pair) for pair in named} | BESIDES
    assert len(asked) > 40
    assert {pair for pair in asked if not pair.startswith("GET ")} == {
        "POST /customers/search",
        "POST /customers/archive/search",
    }


def _without_names(pair: str) -> str:
    """Put `{id}` for what differs from one organization or record to another."""
    return re.sub(r"{\w+}|(?<=metadata/|versions/)[^/]+", "{id}", pair)


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path, status: int) -> None:
    with serving(lambda handler: _answer(handler, 200, {"data": []})) as (other, asked_there):

        def redirect(handler: BaseHTTPRequestHandler) -> None:
            _answer(handler, status, {}, location=f"{other}/teams")

        with serving(redirect) as (url, asked):
            output = talkative(tmp_path, url).command("check", "--debug")

    assert asked
    assert asked_there == []
    (answer,) = output.of("CONNECTION_STATUS")
    assert answer["status"] == "FAILED"
    assert "redirects to another address" in answer["message"]


def test_a_server_whose_certificate_is_not_trusted_is_not_given_the_key(tmp_path: Path) -> None:
    with serving(lambda handler: _answer(handler, 200, {"data": []}), _tls(tmp_path)) as (url, got):
        output = talkative(tmp_path, url.replace("http:", "https:")).command("check", "--debug")

    assert got == []
    (status,) = output.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert "the TLS certificate is not trusted" in status["message"]


def test_a_proxy_is_only_asked_for_a_tunnel_and_not_given_the_key(tmp_path: Path) -> None:
    """The address is the real one; the proxy refuses, so nothing leaves this machine."""
    with serving(lambda handler: handler.send_error(403)) as (url, asked):
        proxy = url.removesuffix("/v1")
        connector = Connector(
            tmp_path,
            None,
            {"api_key": CANARY, "region": "EU"},
            main=with_deadline(1),
            environment={
                "HTTPS_PROXY": proxy,
                "https_proxy": proxy,
                "NO_PROXY": "",
                "no_proxy": "",
            },
        )
        output = connector.command("check", "--debug")

    assert {(one["method"], one["path"]) for one in asked} == {
        ("CONNECT", "api.prod2.kustomerapp.com:443")
    }
    assert all("authorization" not in one for one in asked)
    (status,) = output.of("CONNECTION_STATUS")
    assert "the proxy does not connect" in status["message"]


Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(
    respond: Respond, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve on this machine; gives the API's address there and what was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append({"method": self.command, "path": self.path, **headers})
            respond(self)

        do_GET = do_POST = do_CONNECT = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            return  # a client that does not trust the certificate hangs up

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def _answer(
    handler: BaseHTTPRequestHandler, status: int, body: Any, location: str | None = None
) -> None:
    content = json.dumps(body).encode()
    handler.send_response(status)
    if location is not None:
        handler.send_header("Location", location)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def _tls(folder: Path) -> ssl.SSLContext:
    """A certificate that nobody has signed but its owner."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
