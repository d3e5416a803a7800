"""A deadline for a whole answer: its status line and headers as well as its body.

A read timeout limits the time between two bytes only. An answer whose headers drip, or that repeats
`100 Continue`, would never end. http.client reads everything of an answer from one file object, so
that object checks the deadline.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter

_current = threading.local()
"""The deadline of the request that a thread has sent last, as a function that checks it."""


@contextmanager
def answer_deadline(at: float, monotonic: Callable[[], float]) -> Iterator[None]:
    """Let the answers that this thread reads inside the context raise TimeoutError when overdue.

    Args:
        at: the deadline, on the monotonic clock, in seconds.
        monotonic: that clock.
    """

    def check() -> None:
        if monotonic() > at:
            raise TimeoutError("the answer is overdue")

    _current.check = check
    try:
        yield
    finally:
        _current.check = _no_deadline


def _no_deadline() -> None:
    """Allow any time."""


class _Received(io.RawIOBase):
    """The bytes that a socket receives, until the deadline."""

    def __init__(self, raw: socket.SocketIO) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        getattr(_current, "check", _no_deadline)()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer that is read until the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Received(sock.makefile("rb", buffering=0)))


@functools.cache
def _with_deadline(connection: type[Any]) -> type[Any]:
    """Return a class of connections whose answers have a deadline."""
    return type(connection.__name__, (connection,), {"response_class": _Response})


class DeadlineAdapter(HTTPAdapter):
    """Opens connections whose answers obey `answer_deadline`, through proxies as well."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a pool of such connections."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if not issubclass(pool.ConnectionCls.response_class, _Response):
            pool.ConnectionCls = _with_deadline(pool.ConnectionCls)
        return pool
