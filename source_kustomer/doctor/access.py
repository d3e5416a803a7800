"""Which streams a key can read, by a request to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, Final

from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import (
    KustomerError,
    NotFound,
    NotPermitted,
    TransientError,
    UnexpectedError,
)
from source_kustomer.kustomer.client import Client

PROBES_AT_ONCE: Final = 8

Probe = Callable[[Stream], None]


def refusals(
    streams: Sequence[Stream],
    client: Client,
    *,
    probe: Probe | None = None,
    at_once: int = PROBES_AT_ONCE,
) -> dict[str, KustomerError]:
    """Check the key, request a record of every stream, and return why some cannot be read.

    Args:
        streams: the streams.
        client: the API.
        probe: requests a record of a stream; by default `Stream.probe`.
        at_once: the number of requests at the same time.

    Raises:
        KustomerError: when no stream can be read, for a reason that concerns all of them: the key
            is refused, or there is no answer.
    """
    request = probe or (lambda stream: stream.probe(client))
    errors: dict[str, KustomerError] = {}
    is_answering = False
    with ThreadPoolExecutor(at_once) as pool:
        probes: dict[Future[Any], list[Stream]] = {pool.submit(client.check_key): []}
        probes |= {pool.submit(request, alike[0]): alike for alike in _probed_alike(streams)}
        for done in as_completed(probes):
            concerned, error = probes[done], done.exception()
            if error is None or isinstance(error, NotPermitted | NotFound | UnexpectedError):
                is_answering = is_answering or bool(concerned)
            elif not isinstance(error, TransientError) or not is_answering:
                client.stop()  # the other probes would only meet the same
                raise error
            if isinstance(error, KustomerError):
                errors |= {stream.name: error for stream in concerned}
    return {stream.name: errors[stream.name] for stream in streams if stream.name in errors}


def _probed_alike(streams: Sequence[Stream]) -> list[list[Stream]]:
    """Group streams whose probes send the same request: children and their parent."""
    groups: dict[type[Stream], list[Stream]] = {}
    for stream in streams:
        requested = stream.parent if isinstance(stream, ChildStream) else type(stream)
        groups.setdefault(requested, []).append(stream)
    return list(groups.values())
