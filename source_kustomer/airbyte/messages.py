"""Airbyte's messages, made from what the engine puts out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteEstimateTraceMessage,
    AirbyteMessage,
    AirbyteRecordMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    AirbyteStreamStatus,
    AirbyteStreamStatusTraceMessage,
    AirbyteTraceMessage,
    EstimateType,
    StreamDescriptor,
    TraceType,
    Type,
)


def record(stream: str, row: Mapping[str, Any], emitted_at: int) -> AirbyteMessage:
    """Return the message of one row.

    Args:
        stream: the stream's name.
        row: its columns.
        emitted_at: Unix milliseconds.
    """
    return AirbyteMessage(
        type=Type.RECORD,
        record=AirbyteRecordMessage(stream=stream, data=dict(row), emitted_at=emitted_at),
    )


def state(stream: str, blob: Mapping[str, Any]) -> AirbyteMessage:
    """Return the state message of one stream."""
    stream_state = AirbyteStreamState(
        stream_descriptor=StreamDescriptor(name=stream), stream_state=AirbyteStateBlob(**blob)
    )
    return AirbyteMessage(
        type=Type.STATE,
        state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=stream_state),
    )


def estimate(stream: str, rows: int) -> AirbyteMessage:
    """Return the announcement of how many rows a stream will have in all."""
    return _trace(
        TraceType.ESTIMATE,
        estimate=AirbyteEstimateTraceMessage(
            name=stream, type=EstimateType.STREAM, row_estimate=rows
        ),
    )


def status(stream: str, value: AirbyteStreamStatus) -> AirbyteMessage:
    """Return the announcement of a stream's status."""
    return _trace(
        TraceType.STREAM_STATUS,
        stream_status=AirbyteStreamStatusTraceMessage(
            stream_descriptor=StreamDescriptor(name=stream), status=value
        ),
    )


def _trace(kind: TraceType, **content: Any) -> AirbyteMessage:
    trace = AirbyteTraceMessage(type=kind, emitted_at=time.time() * 1_000, **content)
    return AirbyteMessage(type=Type.TRACE, trace=trace)
