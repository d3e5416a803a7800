"""The four verbs in process, as frameworks call them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import (
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStream,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    FailureType,
    Status,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from integration_tests.connector import UNLIMITED
from kustomer_sandbox import Sandbox
from source_kustomer.access import PROBES_AT_ONCE, KeyRoles
from source_kustomer.airbyte.inputs import read_state
from source_kustomer.airbyte.source import API_URL_VARIABLE, SourceKustomer
from source_kustomer.kustomer.client import TOKEN_PATH
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.logger import LOGGER
from source_kustomer.streams import STREAMS
from unit_tests.in_memory import NO_LIMIT, InMemoryTransport, reply


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with (
        Sandbox(100, **UNLIMITED) as sandbox,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv(API_URL_VARIABLE, sandbox.url)
        yield sandbox


def check(config: dict[str, Any]) -> Any:
    return SourceKustomer().check(LOGGER, config)


def test_the_name_is_the_one_that_airbyte_uses() -> None:
    assert SourceKustomer().name == "source-kustomer"


def test_spec_offers_every_way_to_write() -> None:
    spec = SourceKustomer().spec(LOGGER)
    assert spec.supportsIncremental
    assert {mode.value for mode in spec.supported_destination_sync_modes or []} == {
        "append",
        "overwrite",
        "append_dedup",
    }


def test_the_configuration_is_not_written_to_a_file(tmp_path: Any) -> None:
    config = {"api_key": "a-key-1"}
    assert SourceKustomer().configure(config, str(tmp_path)) == config
    assert list(tmp_path.iterdir()) == []


def test_a_check_with_a_good_key_succeeds(sandbox: Sandbox) -> None:
    assert check({"api_key": sandbox.key}).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "roles", [None, ["org.permission.team.read"], ["org.permission.search.create"], ["org.user"]]
)
def test_a_check_costs_few_requests_since_the_api_lists_the_keys_roles(
    sandbox: Sandbox, roles: list[str] | None
) -> None:
    key = sandbox.key if roles is None else sandbox.new_key(roles=roles)
    sandbox.forget_requests()
    assert check({"api_key": key}).status is Status.SUCCEEDED
    assert len(sandbox.requests()) <= 12 or roles == ["org.user"]


def test_a_check_asks_for_one_record_of_each_object_when_the_roles_are_not_listed(
    sandbox: Sandbox,
) -> None:
    with sandbox.temporarily(absent=["/auth/tokens/current"]):
        sandbox.forget_requests()
        check({"api_key": sandbox.key})
    assert len(STREAMS) / 2 < len(sandbox.requests()) <= 2 * len(STREAMS) + 2


@pytest.mark.parametrize("absent", [[], ["/auth/tokens/current"]], ids=["listed", "not listed"])
def test_a_key_with_the_search_role_alone_succeeds_with_a_warning_of_what_is_not_read(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, absent: list[str]
) -> None:
    key = sandbox.new_key(roles=["org.permission.search.create"])
    with sandbox.temporarily(absent=absent):
        assert check({"api_key": key}).status is Status.SUCCEEDED
    (notes,) = [text for text in caplog.messages if text.startswith("Stream notes")]
    assert "records older than two years" in notes
    assert "org.permission.note.read" in notes
    assert "org.permission.search.create" not in notes
    assert "Stream messages" not in caplog.text
    assert "Stream work_items will be read in part" in caplog.text


@pytest.mark.parametrize(
    ("token_status", "words"),
    [(200, "is valid but may read none"), (404, "could not be verified, and it may read none")],
)
def test_a_key_is_called_valid_only_when_an_answer_has_verified_it(
    token_status: int, words: str
) -> None:
    def answer(request: Request) -> Answer:
        status = token_status if request.path == TOKEN_PATH else 403
        return reply(status=status, headers=NO_LIMIT)

    source = SourceKustomer(transport=InMemoryTransport(answer))
    status = source.check(LOGGER, {"api_key": "a-key-1"})
    assert status.status is Status.FAILED
    assert words in str(status.message)


@pytest.mark.parametrize(
    ("token", "wanted", "granted"),
    [
        (["org.permission.team.read"], "org.permission.team.read", True),
        (["org.permission.team.read"], "org.permission.user.read", False),
        (["org"], "org.permission.user.read", True),
        (["org.user"], "org.user.team.read", True),
        (["org.user"], "org.permission.team.read", None),
        (["org.permission.*.read"], "org.permission.team.read", None),
        (["a group of roles"], "org.permission.team.read", None),
        ([], "org.permission.team.read", None),
        ("org", "org.permission.team.read", None),
        ([5, None], "org.permission.team.read", None),
    ],
)
def test_the_list_of_roles_answers_what_it_can(
    token: Any, wanted: str, granted: bool | None
) -> None:
    roles = KeyRoles.of({"data": {"attributes": {"roles": token}}})
    assert roles.grant([wanted]) is granted
    assert roles.grant([]) is None


@pytest.mark.parametrize("token", [None, {}, {"data": []}, {"data": {"attributes": 5}}])
def test_a_description_of_the_key_in_another_form_answers_nothing(token: Any) -> None:
    assert KeyRoles.of(token).grant(["org.permission.team.read"]) is None


def test_a_check_with_some_roles_succeeds_and_names_the_rest(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    key = sandbox.new_key(roles=["org.permission.team.read"])
    with caplog.at_level(logging.WARNING):
        assert check({"api_key": key}).status is Status.SUCCEEDED
    assert "Stream users cannot be read" in caplog.text
    assert "Stream teams" not in caplog.text


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ({"absent": ["/auth/tokens/current"]}, "GET /auth/tokens/current does not exist"),
        ({"forbidden": {"auth_tokens": 0}}, "does not permit GET /auth/tokens/current"),
        (
            {"refused_attributes": ["note_updated_at"], "absent": ["/auth/tokens/current"]},
            "Stream notes cannot be read",
        ),
        (
            {"fault_rate": 1.0, "fault_kinds": ["500"], "fault_paths": ["/auth/", "/slas"]},
            "Stream slas cannot be read",
        ),
    ],
    ids=[
        "no such check of keys",
        "a forbidden check of keys",
        "a search that is refused",
        "endpoints that fail",
    ],
)
def test_a_check_and_discover_succeed_although_single_endpoints_fail(
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    trouble: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.setattr("source_kustomer.airbyte.source.CHECK_RETRY_SECONDS", 0.1)
    caplog.set_level(logging.INFO)
    with sandbox.temporarily(**trouble):
        assert check({"api_key": sandbox.key}).status is Status.SUCCEEDED
        assert message in caplog.text
        assert SourceKustomer().discover(LOGGER, {"api_key": sandbox.key}).streams


def test_a_check_fails_when_nothing_answers_and_asks_no_stream_after_another(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source_kustomer.airbyte.source.CHECK_RETRY_SECONDS", 0.1)
    sandbox.forget_requests()
    with sandbox.temporarily(fault_rate=1.0, fault_kinds=["503"]):
        status = check({"api_key": sandbox.key})
    assert status.status is Status.FAILED
    assert "no usable answer" in str(status.message)
    asked = {(entry["path"], entry["query"]) for entry in sandbox.requests()}
    assert len(asked) <= PROBES_AT_ONCE + 1


@pytest.mark.parametrize(
    "config", [{}, {"api_key": "a-wrong-key"}, {"api_key": "a-key-1", "start_date": "2999-01-01"}]
)
def test_a_check_that_fails_returns_its_status_without_raising(
    sandbox: Sandbox, config: dict[str, Any]
) -> None:
    status = check(config)
    assert status.status is Status.FAILED
    assert status.message


def test_discover_offers_every_declared_stream_and_the_organizations_own(
    sandbox: Sandbox,
) -> None:
    catalog = SourceKustomer().discover(LOGGER, {"api_key": sandbox.key})
    names = [stream.name for stream in catalog.streams]
    declared = [declaration.name for declaration in STREAMS]
    own = names[len(declared) :]
    assert names[: len(declared)] == declared
    assert own
    assert all(name.startswith("kobject_") for name in own)


def test_discover_with_a_wrong_key_raises_a_config_error(sandbox: Sandbox) -> None:
    with pytest.raises(AirbyteTracedException) as caught:
        SourceKustomer().discover(LOGGER, {"api_key": "a-wrong-key"})
    assert caught.value.failure_type is FailureType.config_error


def test_reading_an_empty_catalog_yields_nothing(sandbox: Sandbox) -> None:
    empty = ConfiguredAirbyteCatalog(streams=[])
    messages = list(SourceKustomer().read(LOGGER, {"api_key": sandbox.key}, empty))
    assert not [message for message in messages if message.type is not Type.LOG]


@pytest.mark.parametrize(
    ("cursor", "is_in_the_future"),
    [
        ("0001-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59.999Z", True),
        ("9999-12-31T23:59:59-12:00", True),
    ],
)
@pytest.mark.parametrize("stream", ["customers", "teams"])
def test_a_state_at_either_end_of_the_calendar_is_read_and_one_in_the_future_warns(
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    stream: str,
    cursor: str,
    is_in_the_future: bool,
) -> None:
    state = AirbyteStateMessage(
        type=AirbyteStateType.STREAM,
        stream=AirbyteStreamState(
            stream_descriptor=StreamDescriptor(name=stream),
            stream_state=AirbyteStateBlob(updated_at=cursor),
        ),
    )
    config = {"api_key": sandbox.key, "start_date": "2001-01-01"}
    read = SourceKustomer().read(LOGGER, config, configured(stream), [state])
    rows = {message.record.data["id"] for message in read if message.record is not None}
    everything = {row["id"] for row in sandbox.truth(stream)}
    assert rows == (set() if is_in_the_future else everything)
    assert ("in the future" in caplog.text) == is_in_the_future


@pytest.mark.parametrize("stream", ["users", "tickets", "kobject_of_a_klass_that_is_gone"])
@pytest.mark.parametrize("bookmark", [{}, {"replication_key_value": "soon"}, {"updated_at": 5}])
@pytest.mark.parametrize("is_bookmark", [True, False])
def test_a_state_of_a_stream_that_is_not_configured_is_ignored(
    sandbox: Sandbox, tmp_path: Path, stream: str, bookmark: dict[str, object], is_bookmark: bool
) -> None:
    found = {"teams": {"updated_at": "2001-01-01T00:00:00Z"}, stream: bookmark}
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"bookmarks": found} if is_bookmark else found))

    config = {"api_key": sandbox.key, "start_date": "2001-01-01"}
    read = SourceKustomer().read(LOGGER, config, configured("teams"), read_state(str(path)))
    messages = list(read)

    rows = {message.record.data["id"] for message in messages if message.record is not None}
    assert rows == {row["id"] for row in sandbox.truth("teams")}
    states = [message.state.stream for message in messages if message.state is not None]
    assert {state.stream_descriptor.name for state in states if state is not None} == {"teams"}


def configured(*names: str) -> ConfiguredAirbyteCatalog:
    return ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=AirbyteStream(
                    name=name, json_schema={}, supported_sync_modes=[SyncMode.incremental]
                ),
                sync_mode=SyncMode.incremental,
                destination_sync_mode=DestinationSyncMode.append,
            )
            for name in names
        ]
    )


def test_the_process_can_be_stopped_before_it_has_a_connection() -> None:
    SourceKustomer().stop()
