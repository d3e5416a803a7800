"""Our errors as Airbyte's: a sentence for the user, a failure type for the platform."""

from __future__ import annotations

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_kustomer.errors import KustomerError


class TracedError(AirbyteTracedException):
    """An error that has been understood: its sentence says all, so it carries no stack trace."""

    def as_airbyte_message(
        self, stream_descriptor: StreamDescriptor | None = None
    ) -> AirbyteMessage:
        """Build the trace message."""
        message = super().as_airbyte_message(stream_descriptor)
        if message.trace is not None and message.trace.error is not None:
            message.trace.error.stack_trace = None
        return message


def traced(error: KustomerError, stream: str | None = None) -> TracedError:
    """Turn an error into Airbyte's, for the platform to show.

    Args:
        error: what went wrong.
        stream: the stream that it concerns, if it concerns one.
    """
    text = error.message
    return TracedError(
        message=f"Stream {stream}: {text}" if stream else text,
        internal_message=error.internal_message,
        failure_type=FailureType[error.failure_type],
        stream_descriptor=StreamDescriptor(name=stream) if stream else None,
    )
