"""The client over a transport in memory."""

import gzip
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from source_kustomer import errors
from source_kustomer.kustomer.client import TOKEN_PATH, Client
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.retry import MAX_UNAUTHORIZED, MAX_UNAUTHORIZED_AT_FIRST
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.kustomer.transport import Answer, NoAnswer
from source_kustomer.logger import LOGGER
from unit_tests.in_memory import (
    KEY,
    START,
    InMemoryTransport,
    Time,
    client_of,
    reply,
)

ROW = {"data": [{"id": "1"}]}
GATEWAY = b"<html>Attention Required!</html>"
UNAUTHORIZED = reply({"errors": [{"title": "Unauthorized"}]}, 401)
TIMED_OUT = {"data": [{"id": "1"}], "meta": {"total": 1, "timed_out": True}}


def query(context="conversation", **conditions):
    return SearchQuery(context, f"{context}_updated_at", **conditions)


@pytest.fixture
def api():
    return InMemoryTransport()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def client(api, time):
    return client_of(api, time)


def search(client, asked=None, **settings):
    with client.search(asked or query(), stream="conversations", **settings) as document:
        return document


def answers_up_to(maximum, status=400):
    """Return replies that refuse pages larger than a maximum."""

    def answer(request):
        if request.params["pageSize"] > maximum:
            return reply({"errors": [{"detail": "pageSize is too large"}]}, status)
        return reply({"data": [{"id": "1"}], "meta": {"total": 1}})

    return answer


# What is sent


def test_a_get_sends_its_path_and_parameters(client, api):
    client.get("/teams", {"page": 1, "pageSize": 100}, stream="teams")

    (request,) = api.requests
    assert (request.method, request.path, request.body) == ("GET", "/teams", None)
    assert request.params == {"page": 1, "pageSize": 100}


def test_a_search_sends_only_documented_members(client, api):
    search(client, query("note", gte="a", lt="b"), page=2)

    (request,) = api.requests
    assert (request.method, request.path) == ("POST", "/customers/search")
    assert request.params == {"page": 2, "pageSize": 500}
    assert json.loads(request.body) == {
        "queryContext": "note",
        "and": [{"note_updated_at": {"gte": "a"}}, {"note_updated_at": {"lt": "b"}}],
        "sort": [{"note_updated_at": "asc"}],
        "includeDeleted": True,
    }


def test_old_records_are_searched_in_the_archive(client, api):
    search(client, query("message", archive=True))

    assert api.requests[0].path == "/customers/archive/search"


@pytest.mark.parametrize(
    "path",
    [
        "teams",
        "",
        "/",
        ".example.com/v1/teams",
        "@example.com/",
        "//example.com/teams",
        "/queues/../auth/tokens",
        "/queues/./items",
        "/queues//items",
        "/queues/%2e%2e/auth",
        "/queues/a?x=1",
        "/queues/a#b",
        "/queues/a\\..\\b",
        "/queues/a b",
        "/queues/a\nb",
    ],
)
def test_a_path_that_could_lead_elsewhere_is_not_sent(client, api, path):
    with pytest.raises(ValueError, match="not a request that only reads"):
        client.get(path, stream="teams")

    assert api.requests == []


@pytest.mark.parametrize(("page", "page_size"), [(101, 10), (21, 500), (101, None), (102, 100)])
def test_a_page_beyond_the_limits_of_a_query_is_never_requested(client, api, page, page_size):
    with pytest.raises(ValueError, match="limits"):
        search(client, page=page, page_size=page_size)

    assert api.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "example.com/v1",
        "",
        "https://example.com:99999/v1",
        "https://example.com:0/v1",
        "https://example.com:port/v1",
        "https://[::1/v1",
    ],
)
def test_an_address_that_is_not_valid_is_refused_at_once(url):
    with pytest.raises(errors.ConfigError, match="not"):
        Client(url, KEY, budgets=Budgets(1.0))


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed(client, api, status):
    headers = {"location": "https://other.example.com/teams"}
    api.replies = [reply(b"", status, headers)]

    with pytest.raises(errors.ConfigError, match="redirects") as caught:
        client.get("/teams", stream="teams")

    assert len(api.requests) == 1
    assert "other.example" not in str(caught.value)


# What is received


def test_a_document_states_what_was_granted(client, api):
    api.replies = [reply({"data": [], "meta": {"pageSize": 100, "total": 7}})]

    document = search(client)

    assert (document.page_size, document.total) == (100, 7)


@pytest.mark.parametrize(
    "body",
    [
        {"meta": None, "data": [], "links": None},
        {"data": [None, "text"], "included": None, "meta": [], "links": "none"},
    ],
)
def test_members_of_another_form_count_as_empty(client, api, body):
    api.replies = [reply(body)]
    document = client.get("/teams", stream="teams")

    assert (document.data, document.included, document.total) == ([], [], None)
    assert not document.has_next


def test_entries_that_are_not_records_are_left_out_with_an_error(client, api, caplog):
    api.replies = [reply({"data": [{"id": "1"}, None, "text", {"id": "2"}]})]

    assert [row["id"] for row in search(client).data] == ["1", "2"]
    assert [
        r.levelname for r in caplog.records if "2 entries that are not records" in r.message
    ] == ["ERROR"]


# Failures


@pytest.mark.parametrize(
    "failure",
    [
        reply({}, 500),
        reply({"errors": [{"title": "Not implemented"}]}, 501),
        reply(b"<html>Bad gateway</html>", 502),
        reply(b"", 503),
        reply({}, 504),
        reply({}, 408),
        reply({}, 520),
        reply(b"<html>Welcome</html>"),
        reply(b'{"data": [{"id":'),
        reply(b"[1, 2]"),
        reply(b""),
        reply(b"", 204),
        NoAnswer("the connection was closed"),
        NoAnswer("no complete answer in time", 200, {}),
        reply(gzip.compress(b'{"data": []}' * 99)[:-20], headers={"content-encoding": "gzip"}),
        reply({"errors": [{"title": "it broke"}]}),
        reply({"errors": [{"title": "it broke"}], "data": []}),
        reply({"message": "Endpoint request timed out"}),
        reply({}),
        reply({"meta": {"total": 0}, "links": {"next": None}}),
        reply({"data": None}),
        reply({"data": "none"}),
        reply(TIMED_OUT),
    ],
)
def test_a_failed_answer_is_requested_again(client, api, time, caplog, failure):
    api.replies = [failure, failure, reply(ROW)]

    assert search(client).resource == {"id": "1"}
    assert len(api.requests) == 3
    assert len(time.waits) == 2
    assert 0 < time.waits[0] <= 0.5
    assert 0 < time.waits[1] <= 1.0
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert client.meter.retries == 2


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410, 400, 402, 422])
@pytest.mark.parametrize("body", [GATEWAY, b"", b'"no"', b"[]"])
def test_a_refusal_that_is_not_the_apis_says_nothing_about_the_object(
    client, api, time, status, body
):
    api.replies = [reply(body, status), reply(body, status), reply(ROW)]
    assert client.get("/teams", stream="teams").resource == {"id": "1"}

    api.replies = [reply(body, status)]
    with pytest.raises(errors.KustomerUnavailable, match="proxy or gateway"):
        client.get("/teams", stream="teams")
    assert time.now > 290


def test_a_stop_while_an_answer_is_received_ends_the_request(client, api):
    def answer(_request):
        client.stop()
        return reply(ROW)

    api.replies = answer

    with pytest.raises(errors.Stopped):
        search(client)


def test_an_outage_of_a_minute_is_survived(client, api, time):
    api.replies = lambda _request: reply({}, 503) if time.now < 60 else reply()

    client.get("/teams", stream="teams")

    assert time.now < 120


def test_an_outage_of_ten_minutes_ends_with_an_error(client, api, time):
    api.replies = [reply(b"<html>down</html>", 503)]

    with pytest.raises(errors.KustomerUnavailable) as caught:
        client.get("/teams", stream="teams")

    assert 290 <= time.now <= 340
    assert "HTTP 503" in caught.value.message
    assert "<html>" not in caught.value.message
    assert len(api.requests) <= 60


def test_a_wait_for_the_rate_limit_is_not_a_failure(api, time):
    client = client_of(api, time, retry_seconds=20.0)
    refusal = reply({}, 429, {"retry-after": "60"})
    api.replies = [reply({}, 503), *[refusal] * 3, reply({}, 503), reply(ROW)]

    assert client.get("/teams", stream="teams").resource == {"id": "1"}
    assert time.now > 120


def test_an_answer_429_is_repeated_but_not_without_end(client, api):
    api.replies = [*[reply({}, 429)] * 9, reply(ROW)]
    assert client.get("/teams", stream="teams").resource == {"id": "1"}
    assert client.meter.rate_limited == 9

    api.replies = [reply({}, 429)]
    with pytest.raises(errors.RateLimited):
        client.get("/teams", stream="teams")


def test_a_stop_ends_a_wait_between_two_attempts(client, api, time):
    def answer(_request):
        client.stop()
        return NoAnswer("the connection was closed")

    api.replies = answer

    with pytest.raises(errors.Stopped):
        client.get("/teams", stream="teams")
    assert len(time.waits) == 1


def test_nothing_is_sent_after_a_stop(client, api):
    client.stop()

    with pytest.raises(errors.Stopped):
        client.get("/teams", stream="teams")
    assert api.requests == []


# Refusals


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.BadRequest),
        (402, errors.NotPermitted),
        (403, errors.NotPermitted),
        (404, errors.NotFound),
        (405, errors.NotFound),
        (410, errors.NotFound),
        (422, errors.BadRequest),
    ],
)
def test_a_refusal_of_the_api_is_final(client, api, status, error):
    api.replies = [reply({"errors": [{"detail": "no such thing"}]}, status)]

    with pytest.raises(error, match="no such thing"):
        client.get("/teams", stream="teams")
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("token_status", "error"), [(200, errors.NotPermitted), (401, errors.NotAuthorised)]
)
def test_the_request_that_needs_no_role_shows_the_meaning_of_a_401(
    client, api, token_status, error
):
    def answer(request):
        status = token_status if request.path == TOKEN_PATH else 401
        return reply({"errors": [{"title": "Unauthorized"}]}, status)

    api.replies = answer

    for path in ("/teams", "/users", "/tags"):
        with pytest.raises(error):
            client.get(path, stream="teams")
    paths = [r.path for r in api.requests]
    at_first = MAX_UNAUTHORIZED_AT_FIRST + 1
    later = at_first if token_status == 401 else MAX_UNAUTHORIZED + 1
    checks = [TOKEN_PATH] * (at_first if token_status == 401 else 1)
    assert paths == ["/teams"] * at_first + checks + ["/users"] * later + ["/tags"] * later


@pytest.mark.parametrize("count", range(1, MAX_UNAUTHORIZED + 1))
def test_a_401_of_an_accepted_key_is_not_believed_at_once(client, api, count):
    client.get("/users", stream="users")
    api.replies = [*[UNAUTHORIZED] * count, reply(ROW)]

    assert client.get("/teams", stream="teams").resource == {"id": "1"}


def test_a_401_before_the_key_was_accepted_is_not_believed_once(client, api):
    api.replies = [UNAUTHORIZED, reply(ROW)]

    assert client.get("/teams", stream="teams").resource == {"id": "1"}


def test_a_401_is_not_a_reason_for_a_smaller_page(client, api):
    client.get("/users", stream="users")
    api.replies = [*[UNAUTHORIZED] * MAX_UNAUTHORIZED, reply(ROW)]

    search(client)

    assert api.params("pageSize") == [500] * (MAX_UNAUTHORIZED + 1)


@pytest.mark.parametrize("fault", [reply({}, 401), reply({}, 500), NoAnswer("closed")])
def test_one_fault_of_the_key_check_does_not_fail_a_stream_for_a_wrong_key(client, api, fault):
    checks = [fault, reply({"data": {}})]

    def answer(request):
        return checks.pop(0) if request.path == TOKEN_PATH else UNAUTHORIZED

    api.replies = answer

    for path in ("/teams", "/users"):
        with pytest.raises(errors.NotPermitted):
            client.get(path, stream="teams")
    assert not checks


@pytest.mark.parametrize("is_accepted", [True, False])
@pytest.mark.parametrize("token_answer", [reply({}, 404), reply({}, 500), NoAnswer("closed")])
def test_where_that_request_is_not_answered_an_earlier_success_decides(
    client, api, token_answer, is_accepted
):
    if is_accepted:
        client.get("/users", stream="users")
    most = MAX_UNAUTHORIZED if is_accepted else MAX_UNAUTHORIZED_AT_FIRST
    api.replies = [*[UNAUTHORIZED] * (most + 1), token_answer]

    with pytest.raises(errors.NotPermitted if is_accepted else errors.NotAuthorised):
        client.get("/teams", stream="teams")


def test_a_key_that_is_deleted_during_a_sync_is_not_a_missing_role(client, api, time):
    client.get("/users", stream="users")
    refused = [UNAUTHORIZED] * (MAX_UNAUTHORIZED + 1)
    api.replies = [*refused, reply({"data": {}}), UNAUTHORIZED]
    with pytest.raises(errors.NotPermitted):
        client.get("/teams", stream="teams")

    time.now += 61

    with pytest.raises(errors.NotAuthorised):
        client.get("/teams", stream="teams")


@pytest.mark.parametrize(
    "text",
    ["Expired token", "Auth token associated with pod prod2 but request is being handled by prod1"],
)
def test_a_401_that_names_its_reason_needs_no_further_request(client, api, text):
    client.get("/users", stream="users")
    api.replies = [reply({"errors": [{"title": text}]}, 401)]

    with pytest.raises(errors.NotAuthorised):
        client.get("/teams", stream="teams")
    assert len(api.requests) == 2


def test_a_key_that_the_api_repeats_is_masked(client, api):
    api.replies = [reply({"message": f"unknown token {KEY} {KEY.upper()}"}, 401)]

    with pytest.raises(errors.NotAuthorised) as caught:
        client.get("/teams", stream="teams")

    assert KEY not in (str(caught.value) + caught.value.internal_message).lower()
    assert "unknown token **** ****" in caught.value.message


def test_the_key_is_in_no_text(api, time, caplog):
    caplog.set_level(logging.DEBUG, LOGGER.name)
    client = client_of(api, time, retry_seconds=1.0)
    texts = [repr(client), str(client)]
    failures = (reply({}, 401), reply({}, 500), NoAnswer("closed"), reply(b"<p>"))
    for failure in failures:
        api.replies = [failure]
        with pytest.raises(errors.KustomerError) as caught:
            client.get("/teams", stream="teams")
        texts += [str(caught.value), repr(caught.value), caught.value.internal_message]

    assert KEY not in "".join(texts) + caplog.text


@pytest.mark.parametrize("key", ["n", "null", '"', "e", "\\"])
def test_a_key_that_is_part_of_json_itself_spoils_no_error(api, key):
    client = client_of(api, key=key)
    api.replies = [reply(b'{"message": "none", "meta": [null]}', 403)]

    with pytest.raises(errors.NotPermitted, match='"none"'):
        client.get("/teams", stream="teams")


# Page sizes


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_page_size_is_refused_for_all_queries_of_its_object(client, api, caplog, status):
    api.replies = answers_up_to(250, status)

    assert search(client).page_size == 250
    search(client, query(gte="later"))

    assert api.params("pageSize") == [500, 250, 250]
    assert sum("refuses larger pages" in record.message for record in caplog.records) == 1


def test_a_page_size_refused_in_the_middle_of_a_query_is_replaced(client, api):
    api.replies = answers_up_to(500)
    asked = query()
    search(client, asked)
    api.replies = answers_up_to(100)

    search(client, asked, page=2)
    search(client, asked, page=3)

    assert api.params("pageSize") == [500, 500, 250, 100, 100]


def test_a_refusal_at_the_apis_own_page_size_is_an_error_with_its_text(client, api):
    api.replies = [reply({"errors": [{"detail": "unknown attribute"}]}, 400)]

    with pytest.raises(errors.BadRequest, match=r"conversation.*unknown attribute"):
        search(client)
    assert api.params("pageSize") == [500, 250, 100]


def test_a_refusal_that_names_the_page_size_is_followed_down_to_a_tiny_page(client, api):
    api.replies = answers_up_to(7)

    search(client)

    assert api.params("pageSize") == [500, 250, 100, 50, 20, 10, 5]


def test_a_query_that_fails_at_a_large_page_is_tried_with_a_smaller_one(client, api):
    api.replies = answers_up_to(250, 500)

    search(client)

    assert api.params("pageSize") == [500, 500, 500, 250]


def test_a_search_that_fails_above_20_records_is_read(client, api):
    api.replies = answers_up_to(20, 500)

    for number in range(300):
        search(client, query(gte=str(number)))

    assert len(api.requests) < 350


def test_pages_grow_again_after_an_outage(client, api, time):
    api.replies = lambda _request: reply({}, 503) if time.now < 60 else reply(ROW)

    for number in range(12):
        search(client, query(gte=str(number)))

    assert api.params("pageSize")[-1] == 500


def test_the_later_pages_of_a_query_are_no_larger_than_its_first(client, api):
    api.replies = answers_up_to(250, 500)
    asked = query()
    search(client, asked)
    api.replies = answers_up_to(500)
    for number in range(5):
        search(client, query(gte=str(number)))

    search(client, asked, page=2)
    search(client)

    assert api.params("pageSize")[-2:] == [250, 500]


def test_each_query_has_the_page_size_that_it_was_granted(client, api):
    granted = {"conversation": 500, "message": 100}

    def answer(request):
        size = granted[json.loads(request.body)["queryContext"]]
        return reply({"data": [{"id": "1"}], "meta": {"pageSize": size, "total": 10_000}})

    api.replies = answer
    messages = query("message")
    search(client, messages)
    search(client, query("conversation"))

    assert search(client, messages, page=100).page_size == 100
    with pytest.raises(ValueError, match="limits"):
        search(client, messages, page=101)


def test_a_smaller_grant_lets_a_query_reach_its_hundredth_page(client, api):
    rows = [{"id": str(number)} for number in range(100)]
    api.replies = [reply({"data": rows, "meta": {"pageSize": 100, "total": 10_000}})]
    asked = query()
    search(client, asked)

    assert len(search(client, asked, page=100).data) == 100


def test_pages_of_large_records_hold_fewer_of_them(client, api):
    record = {"id": "1", "attributes": {"body": "x" * 200_000}}

    def answer(request):
        return reply({"data": [record] * request.params["pageSize"]})

    api.replies = answer

    for number in range(4):
        search(client, query(gte=str(number)))

    assert api.params("pageSize") == [500, 125, 31, 41, 41, 41]


def test_a_page_past_the_end_of_a_query_is_empty(client, api):
    asked = query()
    search(client, asked)
    api.replies = [reply({"errors": [{"code": "notfound"}]}, 404)]

    document = search(client, asked, page=2)

    assert document.is_past_end
    assert (document.data, document.total, document.has_next) == ([], None, None)
    with pytest.raises(errors.NotFound):
        search(client)


# Lists


def test_a_list_that_refuses_a_large_page_is_read_by_a_smaller_one(client, api):
    api.replies = answers_up_to(100)

    pages = list(client.list_pages("/users", page_size=500, stream="users"))

    assert [row["id"] for page in pages for row in page.data] == ["1"]
    assert api.params("pageSize")[:3] == [500, 250, 100]


@pytest.mark.parametrize(
    ("status", "links"),
    [(404, {}), (400, {}), (404, {"links": {}}), (404, {"links": {"next": "/next"}})],
)
def test_a_list_ends_where_its_next_page_does_not_exist(client, api, status, links):
    def answer(request):
        page, size = request.params["page"], request.params["pageSize"]
        rows = [{"id": str(number)} for number in range(200)][(page - 1) * size : page * size]
        if not rows:
            return reply({"errors": [{"code": "notfound"}]}, status)
        return reply({"data": rows, "meta": {"pageSize": size}, **links})

    api.replies = answer

    pages = list(client.list_pages("/users", page_size=100, stream="users"))

    assert len({row["id"] for page in pages for row in page.data}) == 200


def test_a_page_that_is_announced_and_then_rejected_is_an_error(client, api):
    def answer(request):
        page, size = request.params["page"], request.params["pageSize"]
        if page * size > 300:
            return reply({"errors": [{"detail": "past the maximum"}]}, 400)
        rows = [{"id": str(number)} for number in range((page - 1) * size, page * size)]
        return reply({"data": rows, "links": {"next": "/next"}})

    api.replies = answer

    with pytest.raises(errors.BadRequest, match="past the maximum"):
        list(client.list_pages("/users", page_size=100, stream="users"))


def test_a_list_that_does_not_exist_is_an_error(client, api):
    api.replies = [reply({"errors": [{"code": "notfound"}]}, 404)]

    with pytest.raises(errors.NotFound):
        list(client.list_pages("/users", page_size=100, stream="users"))


@pytest.mark.parametrize("maximum", [7, 30, 60])
def test_a_list_that_refuses_larger_pages_is_read(client, api, maximum):
    def answer(request):
        page, size = request.params["page"], request.params["pageSize"]
        if size > maximum:
            return reply({"errors": [{"detail": f"pageSize should be <= {maximum}"}]}, 400)
        rows = [{"id": str(number)} for number in range(250)][(page - 1) * size : page * size]
        more = page * size < 250
        return reply({"data": rows, "links": {"next": "/next" if more else None}})

    api.replies = answer

    pages = list(client.list_pages("/users", page_size=100, stream="users"))

    assert {row["id"] for page in pages for row in page.data} == {str(n) for n in range(250)}


def test_the_pages_of_a_list_shrink_where_they_fail(client, api):
    def answer(request):
        page, size = request.params["page"], request.params["pageSize"]
        if size > 20:
            return reply({}, 500)
        rows = [{"id": str(number)} for number in range(250)][(page - 1) * size : page * size]
        more = page * size < 250
        return reply({"data": rows, "links": {"next": "/next" if more else None}})

    api.replies = answer

    pages = list(client.list_pages("/users", page_size=100, stream="users"))

    assert [row["id"] for page in pages for row in page.data] == [str(n) for n in range(250)]
    assert len(api.requests) < 25


def test_a_list_has_no_page_after_its_last(client, api):
    def answer(request):
        page = request.params["page"]
        rows = [{"id": f"{page} {number}"} for number in range(10)]
        return reply({"data": rows, "meta": {"pageSize": 10}, "links": {"next": "/next"}})

    api.replies = answer

    list(client.list_pages("/users", page_size=10, stream="users", last_page=1))

    assert len(api.requests) == 1


@pytest.mark.parametrize(("rows", "warned"), [(9_999, False), (10_000, True), (10_001, False)])
def test_a_list_that_ends_where_lists_may_be_cut_is_reported(client, api, caplog, rows, warned):
    def answer(request):
        page, size = request.params["page"], request.params["pageSize"]
        found = [{"id": str(number)} for number in range(rows)][(page - 1) * size : page * size]
        return reply({"data": found, "links": {"next": "/next" if page * size < rows else None}})

    api.replies = answer

    list(client.list_pages("/users", page_size=500, stream="users"))

    assert ("GET /users ended after exactly 10,000 rows" in caplog.text) is warned


# Many at once


def test_few_pages_are_held_decoded_at_a_time(client):
    lock, held, most = threading.Lock(), [0], [0]
    entered = threading.Barrier(2)

    def read(number):
        with client.search(query(), stream="conversations"):
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


def test_a_consumer_that_fails_frees_its_place(client):
    for _ in range(5):
        with pytest.raises(KeyError), client.search(query(), stream="conversations"):
            raise KeyError

    assert search(client).data == []


def test_a_request_that_is_not_sent_for_a_stream_is_logged_with_its_purpose(client, caplog):
    caplog.set_level(logging.DEBUG, LOGGER.name)

    client.get("/customers", stream="index check")

    assert caplog.messages[-1].startswith("Index check: GET /customers answered 200")


def test_each_answer_is_logged_for_debugging(client, caplog):
    caplog.set_level(logging.DEBUG, LOGGER.name)
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


# The key and the time


@pytest.mark.parametrize("status", [400, 402, 403, 404, 500])
def test_only_a_refused_key_fails_its_check(api, time, status):
    client = client_of(api, time, retry_seconds=5.0)
    api.replies = [reply({"errors": [{"detail": "no"}]}, status)]
    assert client.check_key() is False

    api.replies = [reply({"errors": [{"detail": "no"}]}, 401)]
    with pytest.raises(errors.NotAuthorised):
        client.check_key()


@pytest.mark.parametrize("body", [{"data": {"id": "1"}}, {"id": "1"}])
def test_an_accepted_key_is_reported(client, api, body):
    api.replies = [reply(body)]

    assert client.check_key() is True


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500])
def test_the_time_is_read_from_an_answer_of_any_status(client, api, status):
    api.replies = [reply({}, status, {"date": "Fri, 15 Jan 2027 08:00:00 GMT"})]

    assert client.time_of_day() == START
    assert [request.path for request in api.requests] == [TOKEN_PATH]


def test_the_time_is_requested_once_more_without_an_answer(client, api):
    answer = Answer(200, {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}, b"")
    api.replies = [NoAnswer("the connection was closed"), answer]

    assert client.time_of_day() == START


@pytest.mark.parametrize(
    "date",
    [
        "",
        "soon",
        "2027-01-15T08:00:00Z",
        "Fri, 99 Jan 2027 08:00:00",
        "Fri, 15 Jan 99999 08:00:00 GMT",
        "Fri, 15 Jan 0000 08:00:00 GMT",
        "Fri, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Fri, 15 Jan 2027 08:00:00 +99999999999999999999",
    ],
)
def test_a_date_that_is_not_valid_is_ignored(client, api, date):
    api.replies = [reply({}, 200, {"date": date})]

    time_of_day = client.time_of_day()

    assert time_of_day is None or abs(time_of_day) < 1e12
