"""Streams of custom objects when the klasses can be listed, and when they cannot."""

from typing import Any

import pytest

from source_kustomer.errors import KustomerUnavailable, NotPermitted, Stopped
from source_kustomer.organization import klass_streams


class Client:
    """Fails to list anything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def list_pages(self, *_, **__):
        raise self._error


@pytest.mark.parametrize("error", [KustomerUnavailable("down"), NotPermitted("no")])
def test_where_klasses_cannot_be_listed_plain_names_are_used_and_others_fail(error):
    names = ["kobject_order", "kobject_Order_1f0a9c", "teams"]
    client: Any = Client(error)
    sync: Any = None
    streams = klass_streams(client, names)

    assert streams.keys() == set(names[:2])
    assert streams["kobject_order"].query_context == "kobject_order"
    with pytest.raises(type(error)):
        streams["kobject_Order_1f0a9c"].read(sync)


def test_a_stop_while_klasses_are_listed_ends_everything():
    client: Any = Client(Stopped())

    with pytest.raises(Stopped):
        klass_streams(client, ["kobject_order"])
