"""Streams of custom objects when the klasses can be listed, and when they cannot."""

from typing import Any

import pytest

from source_kustomer.errors import KustomerUnavailable, NotPermitted, Stopped
from source_kustomer.organization import klass_streams
from unit_tests.in_memory import InMemoryTransport, client_of, reply


@pytest.mark.parametrize(("status", "error"), [(503, KustomerUnavailable), (403, NotPermitted)])
def test_where_klasses_cannot_be_listed_plain_names_are_used_and_others_fail(status, error):
    names = ["kobject_order", "kobject_Order_1f0a9c", "teams"]
    client = client_of(InMemoryTransport([reply({}, status)]), retry_seconds=1.0)
    sync: Any = None
    streams = klass_streams(client, names)

    assert streams.keys() == set(names[:2])
    assert streams["kobject_order"].query_context == "kobject_order"
    with pytest.raises(error):
        streams["kobject_Order_1f0a9c"].read(sync)


def test_a_stop_while_klasses_are_listed_ends_everything():
    client = client_of(InMemoryTransport([reply({})]))
    client.stop()

    with pytest.raises(Stopped):
        klass_streams(client, ["kobject_order"])
