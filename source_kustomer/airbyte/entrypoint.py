"""The process: arguments in, Airbyte messages on stdout, an exit code. The only catch-all."""

from __future__ import annotations

import argparse
import ctypes
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, BinaryIO, Final

import orjson
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import AirbyteLogFormatter
from airbyte_cdk.models import (
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConnectorSpecification,
    Level,
    Type,
)
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_kustomer.airbyte.source import SourceKustomer
from source_kustomer.airbyte.trace_errors import TracedError, traced
from source_kustomer.config import Config
from source_kustomer.errors import InvalidConfig, KustomerError
from source_kustomer.logger import LOGGER
from source_kustomer.timestamps import from_unix_seconds

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
EXIT_BROKEN_PIPE: Final = 128 + signal.SIGPIPE
EXIT_TERMINATED: Final = 128 + signal.SIGTERM
SECONDS_TO_FLUSH: Final = 0.2
BUFFER_BYTES: Final = 256 * 1024
SECONDS_TO_END: Final = 5.0
"""After SIGTERM. Airbyte and container engines kill after ten."""

GC_THRESHOLDS: Final = (50_000, 20, 100)
"""Rows hold no cycles, so the collector finds nothing in them: by default it spends two fifths of
all CPU walking the rows that wait in the queue."""


M_ARENA_MAX: Final = -8
MALLOC_ARENAS: Final = 2
"""glibc gives every thread an arena of its own, and each keeps what it once needed."""


class Output:
    """Stdout, one whole line at a time, whichever thread writes.

    Rows may wait in the buffer for a moment, but never behind a state: whatever else is written
    takes them along, and a timer does when nothing is.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._is_waiting = False
        threading.Thread(target=self._keep_flushing, daemon=True).start()

    def write(self, message: AirbyteMessage) -> None:
        """Write a message.

        Raises:
            BrokenPipeError: when nobody reads any more.
        """
        line = _serialize(message)
        if message.type is Type.RECORD:
            with self._lock:
                self._stream.write(line)
                self._stream.write(b"\n")
                self._is_waiting = True
        else:
            self.write_line(line)

    def write_line(self, line: bytes) -> None:
        """Write one line of JSON, and everything that was written before it."""
        with self._lock:
            self._stream.write(line + b"\n")
            self._stream.flush()
            self._is_waiting = False

    def flush(self) -> None:
        """Let nothing wait any longer."""
        with self._lock:
            if self._is_waiting:
                self._stream.flush()
                self._is_waiting = False

    def _keep_flushing(self) -> None:
        while True:
            time.sleep(SECONDS_TO_FLUSH)
            try:
                self.flush()
            except (OSError, ValueError):
                return  # the next write of the main thread meets the same


class LogFormatter(AirbyteLogFormatter):
    """Writes records as LOG messages, those for debugging as well.

    The framework gives the latter a form of its own, which is none of the protocol's.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the message as a line of JSON, without secrets."""
        if record.levelno != logging.DEBUG:
            return super().format(record)
        extras = self.extract_extra_args_from_record(record)
        text = f"{record.getMessage()} {extras}" if extras else record.getMessage()
        log = AirbyteLogMessage(level=Level.DEBUG, message=filter_secrets(text))
        return AirbyteEntrypoint.airbyte_message_to_string(AirbyteMessage(type=Type.LOG, log=log))


class OutputHandler(logging.Handler):
    """Writes log records as Airbyte's log messages, through the same channel as all else."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output
        self.setFormatter(LogFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one log message; a closed stdout ends the process elsewhere."""
        try:
            self._output.write_line(self.format(record).encode())
        except OSError:
            return


class WithoutTraceback(logging.Filter):
    """Puts an understood error's sentence in the place of its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record when it carries such an error; keep it in any case."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, TracedError):
            record.msg, record.args = str(error), ()
            record.exc_info, record.exc_text = None, None
        return True


class Entrypoint(AirbyteEntrypoint):
    """The framework's entrypoint, without its temporary files and its printing."""

    def __init__(self, source: SourceKustomer) -> None:
        super().__init__(source)
        self.kustomer = source

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Any) -> None:
        """Leave it to the source, whose sentences are clearer."""

    def messages(self, arguments: argparse.Namespace) -> Iterator[AirbyteMessage]:
        """Run a command and yield its messages.

        Raises:
            AirbyteTracedException: when it cannot be done.
        """
        source = self.kustomer
        spec = source.spec(LOGGER)
        if arguments.command == "spec":
            yield AirbyteMessage(type=Type.SPEC, spec=spec)
            return
        try:
            config = source.read_config(arguments.config)
            if arguments.command == "read":
                catalog = source.read_catalog(arguments.catalog)
                state = source.read_state(arguments.state)
        except KustomerError as error:
            raise traced(error) from None
        if arguments.command == "check":
            yield from self.check(spec, config)
        elif arguments.command == "discover":
            yield from self.discover(spec, config)
        else:
            yield from self.read(spec, config, catalog, state)


class Process:
    """One run of the connector as a process."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._source = SourceKustomer()
        self._terminated = False

    def run(self, argv: Sequence[str]) -> int:
        """Run a command.

        Args:
            argv: the arguments, without the program's name.

        Returns:
            The exit code.
        """
        entrypoint = Entrypoint(self._source)
        arguments = entrypoint.parse_args(list(argv))
        if not arguments.command:
            sys.stderr.write("Give a command: spec, check, discover or read. See --help.\n")
            return os.EX_USAGE
        self._set_up_logging(debug=getattr(arguments, "debug", False))
        try:
            for message in entrypoint.messages(arguments):
                self._output.write(message)
            self._output.flush()
            code = self._verdict(arguments)
        except BrokenPipeError:
            return EXIT_BROKEN_PIPE
        except KeyboardInterrupt:
            code = EXIT_INTERRUPTED
        except AirbyteTracedException as error:
            code = self._tell(error)
        except Exception as error:
            code = self._tell(
                AirbyteTracedException.from_exception(
                    error,
                    message=f"The connector failed unexpectedly ({type(error).__name__}). "
                    "Please report this with the log.",
                )
            )
        # A command that was complete before it was told to end has not failed.
        return EXIT_TERMINATED if self._terminated and code != os.EX_OK else code

    def _set_up_logging(self, *, debug: bool) -> None:
        logging.getLogger().handlers = [OutputHandler(self._output)]
        logger = logging.getLogger("airbyte")
        logger.setLevel(logging.DEBUG if debug else logging.INFO)
        LOGGER.addFilter(WithoutTraceback())

    def _verdict(self, arguments: argparse.Namespace) -> int:
        """Let a check of an unusable configuration fail as a process too."""
        if arguments.command == "check":
            try:
                config = Config.parse(self._source.read_config(arguments.config))
                config.start(from_unix_seconds(time.time()))
            except InvalidConfig:
                return EXIT_FAILED
        return os.EX_OK

    def _tell(self, error: AirbyteTracedException) -> int:
        message = error.as_sanitized_airbyte_message()
        try:
            self._output.write(message)
        except BrokenPipeError:
            return EXIT_BROKEN_PIPE
        return EXIT_FAILED

    def terminate(self, signum: int, frame: FrameType | None) -> None:
        """End soon, on SIGTERM: stop what waits, let what is finished be told, then go."""
        if self._terminated:
            return
        self._terminated = True
        timer = threading.Timer(SECONDS_TO_END, os._exit, (EXIT_TERMINATED,))
        timer.daemon = True
        timer.start()
        threading.Thread(target=self._source.stop, daemon=True).start()


def _serialize(message: AirbyteMessage) -> bytes:
    record = message.record
    if record is not None and record.meta is None and record.namespace is None:
        # The one kind of message there are millions of: without the detour through a serializer.
        try:
            return orjson.dumps(
                {
                    "type": "RECORD",
                    "record": {
                        "stream": record.stream,
                        "data": record.data,
                        "emitted_at": record.emitted_at,
                    },
                }
            )
        except TypeError:
            return AirbyteEntrypoint.airbyte_message_to_string(message).encode()
    line = orjson.dumps(AirbyteMessageSerializer.dump(message))
    if message.type is Type.TRACE:
        return filter_secrets(line.decode()).encode()
    return line


def _keep_memory_small() -> None:
    """Tune the collector and the allocator for many threads that pass large, short-lived values."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with suppress(AttributeError, OSError):  # only glibc has it
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, MALLOC_ARENAS)


def run() -> None:
    """Run as a process: the console script and main.py."""
    output = Output(os.fdopen(os.dup(sys.stdout.fileno()), "wb", BUFFER_BYTES))
    # Whatever else prints, prints elsewhere: stdout belongs to the protocol.
    sys.stdout = sys.stderr
    _keep_memory_small()
    process = Process(output)
    signal.signal(signal.SIGTERM, process.terminate)
    try:
        code = process.run(sys.argv[1:])
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else os.EX_USAGE
    sys.stderr.flush()
    # Threads that wait for an answer or for room in the queue would hold up a normal exit.
    os._exit(code)
