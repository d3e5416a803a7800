"""Stdout and the log: Airbyte messages as lines of JSON, without the API key."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

import orjson
from airbyte_cdk.models import (
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteMessageSerializer,
    Level,
    Type,
)

from source_kustomer.text import KeyMask, printable

SECONDS_TO_FLUSH: Final = 0.2
LEVELS: Final = (
    (logging.CRITICAL, Level.FATAL),
    (logging.ERROR, Level.ERROR),
    (logging.WARNING, Level.WARN),
    (logging.INFO, Level.INFO),
)
"""Airbyte's level of a log record that has at least this level of Python."""
NO_KEY: Final = KeyMask("")


class Output:
    """Stdout, one whole line at a time, from any thread.

    Records may wait in the buffer for a short time. Every other message flushes the buffer, so
    that a state follows its records, and a thread flushes it when nothing else is written.
    """

    def __init__(self, stream: BinaryIO, on_failure: Callable[[OSError], None]) -> None:
        """Start the thread that flushes.

        Args:
            stream: a buffered stream.
            on_failure: ends the process when the stream cannot be written; called from the thread
                that met the failure.
        """
        self.mask = NO_KEY
        """Masks the API key in every message except records."""
        self._stream = stream
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._is_waiting = False
        threading.Thread(target=self._keep_flushing, daemon=True).start()

    def write(self, message: AirbyteMessage) -> None:
        """Write a message as a line of JSON."""
        line = serialize(message, self.mask)
        self.write_line(line, is_urgent=message.type is not Type.RECORD)

    def write_line(self, line: bytes, *, is_urgent: bool = True) -> None:
        """Write a line.

        Args:
            line: without the line feed.
            is_urgent: whether to flush the buffer.
        """
        try:
            with self._lock:
                self._stream.write(line + b"\n")
                self._is_waiting = not is_urgent
                if is_urgent:
                    self._stream.flush()
        except OSError as error:
            self._on_failure(error)

    def flush(self) -> None:
        """Write what waits in the buffer."""
        try:
            with self._lock:
                if self._is_waiting:
                    self._is_waiting = False
                    self._stream.flush()
        except OSError as error:
            self._on_failure(error)

    def _keep_flushing(self) -> None:
        while not self._stream.closed:
            time.sleep(SECONDS_TO_FLUSH)
            self.flush()


class LogHandler(logging.Handler):
    """Writes log records as Airbyte's log messages."""

    def __init__(self, output: Output) -> None:
        """Write to an output."""
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Write one log record."""
        level = next((level for number, level in LEVELS if record.levelno >= number), Level.DEBUG)
        log = AirbyteLogMessage(level=level, message=log_text(record))
        self._output.write(AirbyteMessage(type=Type.LOG, log=log))


class PlainHandler(logging.StreamHandler):  # type: ignore[type-arg]  # a type argument fails on Python 3.10
    """Writes log records as lines of text, for commands whose stdout is not a list of messages."""

    mask = NO_KEY

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return printable(f"{record.levelname}: {self.mask.mask(log_text(record))}")


def log_text(record: logging.LogRecord) -> str:
    """Return the text of a log record. Only debug records have a traceback."""
    text = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return text
    if record.levelno <= logging.DEBUG:
        return f"{text}\n{''.join(traceback.format_exception(error))}"
    return f"{text} ({type(error).__name__})"


def serialize(message: AirbyteMessage, mask: KeyMask) -> bytes:
    """Return a message as JSON.

    Records are written as they are. In every other message the API key is masked, and texts for
    people have no control characters.

    Args:
        message: any message.
        mask: masks the API key.
    """
    record = message.record
    if record is not None:
        # Millions of messages are records, so these do without the CDK's serializer.
        body = {"stream": record.stream, "data": record.data, "emitted_at": record.emitted_at}
        return _dumps({"type": "RECORD", "record": body})
    document = mask.mask_all(AirbyteMessageSerializer.dump(message))
    for kind in ("log", "connectionStatus"):
        _escape(document.get(kind), "message")
    trace = document.get("trace")
    if isinstance(trace, dict):
        _escape(trace.get("error"), "message", "internal_message", "stack_trace")
    return _dumps(document)


def _dumps(document: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(document)
    except TypeError:  # lone surrogates and integers of more than 64 bits
        return json.dumps(document).encode()


def _escape(texts: Any, *names: str) -> None:
    if not isinstance(texts, dict):
        return
    for name in names:
        if isinstance(texts.get(name), str):
            lines = texts[name].split("\n") if name == "stack_trace" else [texts[name]]
            texts[name] = "\n".join(map(printable, lines))
