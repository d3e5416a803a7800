"""The process: arguments, signals, stdout and the exit code."""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Final, NoReturn

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateStats,
    Status,
    Type,
)
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_kustomer.airbyte.catalog import ALL, SUGGESTED, configured_catalog
from source_kustomer.airbyte.output import LogHandler, Output, PlainHandler
from source_kustomer.airbyte.source import API_URL_VARIABLE, SourceKustomer
from source_kustomer.airbyte.trace_errors import traced
from source_kustomer.config import Config
from source_kustomer.doctor import command as doctor
from source_kustomer.errors import InvalidConfig, KustomerError
from source_kustomer.logger import LOGGER
from source_kustomer.text import KeyMask
from source_kustomer.timestamps import from_unix_seconds

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
EXIT_BROKEN_PIPE: Final = 128 + signal.SIGPIPE
EXIT_TERMINATED: Final = 128 + signal.SIGTERM
BUFFER_BYTES: Final = 256 * 1024
SECONDS_TO_END: Final = 5.0
"""After SIGTERM. Airbyte and container engines send SIGKILL after ten."""

GC_THRESHOLDS: Final = (50_000, 20, 100)
"""Rows have no reference cycles. With the default thresholds the collector uses two fifths of all
CPU time to traverse the rows that wait in the channel."""

M_ARENA_MAX: Final = -8
MALLOC_ARENAS: Final = 2
"""glibc has a memory arena per thread, and each keeps the most that it ever needed."""


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of the process.

    Args:
        argv: the arguments, without the program's name.

    Raises:
        SystemExit: when they are not valid; the usage has been written to stderr.
    """
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="also write debug messages")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument("--config", required=True, help="path of the configuration, a JSON file")
    parser = argparse.ArgumentParser(prog="source-kustomer", description=__doc__, parents=[common])
    commands = parser.add_subparsers(dest="command", title="commands")
    commands.add_parser("spec", parents=[common], help="write the specification of the form")
    commands.add_parser("check", parents=[common, config], help="check the configuration and key")
    commands.add_parser("discover", parents=[common, config], help="write the catalog")
    catalog = commands.add_parser(
        "catalog", parents=[common, config], help="write a configured catalog, for read"
    )
    catalog.add_argument(
        "--streams",
        default=SUGGESTED,
        help=f'names with commas between them, "{SUGGESTED}" (default) or "{ALL}"',
    )
    commands.add_parser(doctor.COMMAND, help="report how the API behaves; it has its own --help")
    read = commands.add_parser("read", parents=[common, config], help="write records and states")
    read.add_argument("--catalog", required=True, help="path of the configured catalog")
    read.add_argument("--state", help="path of the state that an earlier sync wrote")
    return parser.parse_args(argv)


class Process:
    """One run of the connector as a process."""

    def __init__(self, output: Output) -> None:
        """Prepare a run.

        Args:
            output: takes the messages.
        """
        self._output = output
        self._source = SourceKustomer()
        self._is_config_invalid = False
        self.is_terminated = False
        """Whether the process received SIGTERM."""

    def run(self, argv: Sequence[str]) -> int:
        """Run a command.

        Args:
            argv: the arguments, without the program's name.

        Returns:
            The exit code.
        """
        arguments = parse_arguments(argv)
        if not arguments.command:
            sys.stderr.write(
                "Enter a command: spec, check, discover or read. See --help for others.\n"
            )
            return os.EX_USAGE
        if arguments.command == "catalog":
            return self._write_catalog(arguments)
        _set_up_logging(LogHandler(self._output), debug=arguments.debug)
        try:
            for message in self._messages(arguments):
                self._output.write(message)
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        except AirbyteTracedException as error:
            self._output.write(error.as_airbyte_message())
            return EXIT_FAILED
        except KustomerError as error:
            self._output.write(traced(error).as_airbyte_message())
            return EXIT_FAILED
        except Exception as error:
            self._output.write(_unforeseen(error).as_airbyte_message())
            return EXIT_FAILED
        finally:
            self._output.flush()
        return EXIT_FAILED if self._is_config_invalid else os.EX_OK

    def terminate(self, signum: int, frame: FrameType | None) -> None:
        """End soon, as the handler of SIGTERM: stop waiting, emit a last checkpoint, exit."""
        if self.is_terminated:
            return
        self.is_terminated = True
        timer = threading.Timer(SECONDS_TO_END, end_by_sigterm)
        timer.daemon = True
        timer.start()
        # Another thread, because the main thread may hold a lock that a checkpoint needs.
        threading.Thread(target=self._source.stop, daemon=True).start()

    def _write_catalog(self, arguments: argparse.Namespace) -> int:
        """Write a configured catalog to stdout, and errors to stderr; return the exit code."""
        handler = PlainHandler(sys.stderr)
        handler.setLevel(logging.DEBUG if arguments.debug else logging.WARNING)
        _set_up_logging(handler, debug=arguments.debug)
        try:
            config = self._source.read_config(arguments.config)
            handler.mask = KeyMask(str(config.get("api_key") or ""))
            catalog = configured_catalog(self._source.discover(LOGGER, config), arguments.streams)
        except (KustomerError, AirbyteTracedException) as error:
            LOGGER.error("%s", error.message)
            return EXIT_FAILED
        except Exception as error:
            LOGGER.error("%s", _unforeseen(error).message)
            return EXIT_FAILED
        self._output.write_line(json.dumps(handler.mask.mask_all(catalog), indent=2).encode())
        return os.EX_OK

    def _messages(self, arguments: argparse.Namespace) -> Iterator[AirbyteMessage]:
        """Run a command and yield its messages.

        Raises:
            KustomerError: when an input file cannot be used.
            AirbyteTracedException: when the command fails.
        """
        source = self._source
        if arguments.command == "spec":
            yield AirbyteMessage(type=Type.SPEC, spec=source.spec(LOGGER))
            return
        config = source.read_config(arguments.config)
        self._output.mask = KeyMask(str(config.get("api_key") or ""))
        if arguments.command == "check":
            yield AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=self._check(config))
        elif arguments.command == "discover":
            yield AirbyteMessage(type=Type.CATALOG, catalog=source.discover(LOGGER, config))
        else:
            catalog = source.read_catalog(arguments.catalog)
            state = source.read_state(arguments.state)
            yield from counted(source.read(LOGGER, config, catalog, state))

    def _check(self, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Check a configuration. One that is not valid also makes the exit code 1."""
        try:
            Config.parse(config).start(from_unix_seconds(time.time()))
        except InvalidConfig as error:
            self._is_config_invalid = True
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        return self._source.check(LOGGER, config)


def counted(messages: Iterator[AirbyteMessage]) -> Iterator[AirbyteMessage]:
    """Yield messages, with the number of records since the last state in each state.

    Airbyte compares the numbers with what the destination received. They are floating-point
    numbers in the protocol.

    Raises:
        AirbyteTracedException: when the container is about to run out of memory.
    """
    counts: defaultdict[str, int] = defaultdict(int)
    memory = MemoryMonitor()
    for message in messages:
        if message.record is not None:
            counts[message.record.stream] += 1
        elif message.state is not None and message.state.stream is not None:
            stream = message.state.stream.stream_descriptor.name
            message.state.sourceStats = AirbyteStateStats(recordCount=float(counts.pop(stream, 0)))
        yield message
        memory.check_memory_usage()


def end_by_sigterm() -> NoReturn:
    """End the process as SIGTERM does by default, so that its parent process sees the signal.

    Process 1 of a container has no default action; it ends with the exit code 143.
    """
    with suppress(AttributeError, OSError):
        # signal.signal works in the main thread only, which may be blocked.
        ctypes.CDLL(None).signal(signal.SIGTERM, None)
        os.kill(os.getpid(), signal.SIGTERM)
    os._exit(EXIT_TERMINATED)


def end_without_stdout(error: OSError) -> NoReturn:
    """End the process because stdout cannot be written, from any thread.

    Args:
        error: why. A reader that has closed the pipe needs no message.
    """
    if isinstance(error, BrokenPipeError):
        os._exit(EXIT_BROKEN_PIPE)
    with suppress(OSError):
        sys.stderr.write(
            f"source-kustomer: stdout cannot be written: {error.strerror}. The sync has stopped. "
            "Make room for its output, and start it again from the last state that was written.\n"
        )
        sys.stderr.flush()
    os._exit(EXIT_FAILED)


def run() -> None:
    """Run the connector as a process: the console script and main.py."""
    if sys.argv[1:2] == [doctor.COMMAND]:
        read_config, base_url = SourceKustomer.read_config, os.environ.get(API_URL_VARIABLE)
        sys.exit(doctor.main(sys.argv[2:], read_config=read_config, base_url=base_url))
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb", BUFFER_BYTES)
    output = Output(stream, end_without_stdout)
    # Stdout belongs to the protocol. What libraries print goes to stderr.
    sys.stdout = sys.stderr
    _keep_memory_small()
    process = Process(output)
    signal.signal(signal.SIGTERM, process.terminate)
    try:
        code = process.run(sys.argv[1:])
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else os.EX_USAGE
    with suppress(OSError):
        sys.stderr.flush()
    if process.is_terminated and code != os.EX_OK:
        end_by_sigterm()
    # Threads that wait for an answer or for room in the channel would delay a normal exit.
    os._exit(code)


def _set_up_logging(handler: logging.Handler, *, debug: bool) -> None:
    debug = debug or os.environ.get("LOG_LEVEL", "").lower() == "debug"  # Airbyte sets it
    logging.getLogger().handlers = [handler]
    logging.getLogger("airbyte").setLevel(logging.DEBUG if debug else logging.INFO)


def _unforeseen(error: Exception) -> AirbyteTracedException:
    return AirbyteTracedException.from_exception(
        error,
        message=f"The connector failed unexpectedly ({type(error).__name__}). Please report this "
        "with the log.",
    )


def _keep_memory_small() -> None:
    """Adjust the collector and the allocator to many threads with large, short-lived values."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with suppress(AttributeError, OSError):  # only glibc has it
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, MALLOC_ARENAS)
