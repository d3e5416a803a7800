r"""What can go wrong, as one tree; and the one table from HTTP answers to it.

KustomerError               failure type       the reader is told
├── ConfigError             config_error       what to correct
│   ├── InvalidConfig                          the configuration
│   ├── InvalidCatalog                         the configured streams
│   ├── InvalidState                           the state of a stream
│   ├── NotAuthorised (401)                    key wrong, expired, or of another region
│   ├── NotPermitted (403)                     a role is missing
│   └── NotFound (404, 405, 410, 501)          the organization has no such object
├── TransientError          transient_error    what was tried; try again later
│   ├── RateLimited (429)
│   ├── KustomerUnavailable                    5xx, no connection, broken answers
│   └── Stopped                                the process was told to end
└── UnexpectedError         system_error       what was expected, what came
    ├── UnexpectedDocument                     an answer that is not what we rely on
    │   └── BadRequest (400, 422)              a question that the API does not understand
    ├── UnorderedPage                          a search that does not sort
    └── TimestampTooDense                      more equal records than can be told apart
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final, Literal

FailureKind = Literal["config_error", "transient_error", "system_error"]

REGIONS_BY_POD: Final = {"prod1": "US", "prod2": "EU", "prod4": "India"}
"""The pods that the API names in its answers, as the form calls them."""

NO_SUCH_THING: Final = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.GONE,
        HTTPStatus.NOT_IMPLEMENTED,
    }
)
"""How an API may say that what was asked for does not exist. A retired list of Kustomer's answers
404; the others say the same more exactly."""

_POD = re.compile(r"associated with pod (\w+) but request is being handled by (\w+)")
_MARKUP: Final = re.compile(r"<[^>]*>")
_LONGEST_DETAIL: Final = 300


class KustomerError(Exception):
    """Something went wrong, and `message` says it in a sentence for the user."""

    failure_type: ClassVar[FailureKind] = "system_error"

    def __init__(self, message: str, internal_message: str | None = None) -> None:
        """Say what happened.

        Args:
            message: a sentence for the user: what happened, and what to do.
            internal_message: details for whoever reads the log. Neither holds the key.
        """
        super().__init__(message)
        self.message = message
        self.internal_message = internal_message or message


class ConfigError(KustomerError):
    """Something that the user can correct."""

    failure_type = "config_error"


class InvalidConfig(ConfigError):
    """The configuration is not usable."""


class InvalidCatalog(ConfigError):
    """The configured catalog is not usable."""


class InvalidState(ConfigError):
    """A state cannot be understood; guessing could skip records."""

    def __init__(self, stream: str | None, reason: str) -> None:
        """Name the stream and what is wrong with its state.

        Args:
            stream: its name; None when the state as a whole is meant.
            reason: what is wrong, as a clause, or as a sentence when no stream is named.
        """
        self.stream = stream
        super().__init__(
            reason
            if stream is None
            else f'The state of stream "{stream}" cannot be used: {reason}. '
            "Correct it, or reset the stream to read it anew."
        )


class NotAuthorised(ConfigError):
    """The API does not accept the key."""


class NotPermitted(ConfigError):
    """The key lacks a role for what was asked."""

    roles: tuple[str, ...] = ()
    """Any one of these roles would permit it; empty when they are not known."""

    def needs(self, roles: tuple[str, ...]) -> NotPermitted:
        """Add the roles that would permit the request, unless the error names some already."""
        if roles and not self.roles:
            self.roles = roles
            self.message = f"{self.message} It needs one of the roles {', '.join(roles)}."
        return self


class NotFound(ConfigError):
    """What was asked for does not exist."""


class TransientError(KustomerError):
    """Something that may pass by itself."""

    failure_type = "transient_error"


class RateLimited(TransientError):
    """The rate limit stayed exhausted beyond all patience."""


class KustomerUnavailable(TransientError):
    """Kustomer did not give a usable answer, beyond all patience."""


class Stopped(TransientError):
    """The process was told to end."""

    def __init__(self) -> None:
        super().__init__("The sync was stopped before its end. The next one continues from there.")


class UnexpectedError(KustomerError):
    """Kustomer, or this connector, behaves otherwise than was relied on."""


class UnforeseenError(UnexpectedError):
    """An error of the connector itself."""

    def __init__(self, error: Exception) -> None:
        """Name the kind of error; its text could hold data."""
        super().__init__(
            f"The connector failed unexpectedly ({type(error).__name__}). Please report this with "
            "the log.",
            internal_message=repr(error),
        )


class UnexpectedDocument(UnexpectedError):
    """An answer is not what we rely on."""


class BadRequest(UnexpectedDocument):
    """The API does not understand a question, such as an attribute that it cannot search by."""


class UnorderedPage(UnexpectedError):
    """A search does not come in the order that was asked for."""

    def __init__(self, before: str, after: str) -> None:
        """Name two neighbours that stand in the wrong order."""
        super().__init__(
            f"The search did not sort by time of update: {after} came after {before}. "
            "Reading on could lose records, so the stream stops here. Please report this."
        )


class TimestampTooDense(UnexpectedError):
    """More records share one timestamp than the API lets anyone read."""

    def __init__(self, timestamp: str, count: int) -> None:
        """Name the timestamp and how many records share it."""
        self.timestamp = timestamp
        self.count = count
        super().__init__(
            f"{count:,} records share the update time {timestamp} and cannot be told apart by "
            "their time of creation either. The search reaches only 10,000 of them, so the stream "
            "stops here instead of skipping any. Updating some of these records in Kustomer gives "
            "them other times."
        )


def error_for(status: int, body: object, asked: str) -> KustomerError:
    """Turn a refusal into an error: the one table from HTTP to failure types.

    Args:
        status: the HTTP status, 400 or above.
        body: the decoded answer; anything but a JSON object counts as without detail.
        asked: method and path, for the sentence.

    Returns:
        The error to raise. Whether it is worth another try is `retry.py`'s to say.
    """
    detail = detail_of(body)
    if pod := _POD.search(detail):
        key_region, asked_region = (REGIONS_BY_POD.get(name, name) for name in pod.groups())
        return NotAuthorised(
            f"The API key belongs to the {key_region} region, but the {asked_region} region was "
            f"asked. Choose the region {key_region}, or give the organization's subdomain."
        )
    said = f' Kustomer says: "{detail}"' if detail else ""
    if status == HTTPStatus.UNAUTHORIZED:
        if "expired" in detail.lower():
            return NotAuthorised(
                "The API key has expired. Create a new one in Kustomer under Settings > Security "
                "> API Keys, without an expiry date, and enter it here."
            )
        return NotAuthorised(
            "Kustomer does not accept the API key. Check that it was copied whole, that it has "
            f"not been deleted, and that it may be used from this network.{said}"
        )
    if status == HTTPStatus.FORBIDDEN:
        return NotPermitted(f"The API key may not do {asked}: it lacks a role.{said}")
    if status in NO_SUCH_THING:
        return NotFound(f"{asked} does not exist in this organization.{said}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            "Kustomer's rate limit stayed exhausted however long we waited: other integrations "
            "use it up. Sync less often, or lower their use."
        )
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return NotPermitted(f"The organization's plan does not include {asked}.{said}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return KustomerUnavailable(f"Kustomer failed to answer {asked} (HTTP {status}).{said}")
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return BadRequest(f"Kustomer refused {asked} (HTTP {status}).{said}")
    return UnexpectedDocument(f"Kustomer refused {asked} (HTTP {status}).{said}")


def detail_of(body: object) -> str:
    """Return what an error body says, in whichever of the API's three shapes it comes."""
    if not isinstance(body, Mapping):
        return ""
    errors: Any = body.get("errors")
    if isinstance(errors, Mapping):
        errors = [errors]
    entries = errors if isinstance(errors, list) else [body]
    texts = []
    for entry in entries:
        if isinstance(entry, Mapping):
            found = (entry.get(key) for key in ("detail", "message", "title", "error", "code"))
            texts += [text for text in found if isinstance(text, str) and text.strip()][:1]
        elif isinstance(entry, str):
            texts.append(entry)
    plain = _MARKUP.sub(" ", " ".join(texts))
    return " ".join(plain.split())[:_LONGEST_DETAIL]
