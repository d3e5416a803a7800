r"""The errors of the connector, and the one table from HTTP statuses to them.

KustomerError               failure type       the message says
├── ConfigError             config_error       what to correct
│   ├── InvalidConfig                          in the configuration
│   ├── InvalidCatalog                         in the configured streams
│   ├── InvalidState                           in the state of a stream
│   ├── NotAuthorised                          key wrong, expired, or of another region
│   ├── NotPermitted                           a role or a plan feature is missing
│   └── NotFound                               the organization has no such object
├── TransientError          transient_error    what was tried; try again later
│   ├── RateLimited
│   ├── KustomerUnavailable                    5xx, no connection, unusable answers
│   └── Stopped                                the process received a signal to stop
└── UnexpectedError         system_error       what was expected, what was received
    ├── UnexpectedDocument                     an answer that breaks an assumption
    │   ├── BadRequest                         a request that the API rejects
    │   └── InvalidId                          an id that cannot be part of a path
    ├── UnorderedPage                          a search that does not sort
    └── TimestampTooDense                      more equal records than can be told apart
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, ClassVar, Final, Literal

from source_kustomer.text import printable

FailureKind = Literal["config_error", "transient_error", "system_error"]

REGIONS_BY_POD: Final = {"prod1": "US", "prod2": "EU", "prod4": "India"}
"""The pods that the API names in its answers, and the regions of the configuration."""

_POD: Final = re.compile(r"associated with pod (\w+) but request is being handled by (\w+)")
_PLAN: Final = re.compile(r"\b(plans?|billing|subscription|upgrade|licen[cs]e|add-?on)\b", re.I)
_PAGE_SIZE: Final = re.compile(r"page[\s_-]?size", re.I)
_MARKUP: Final = re.compile(r"<[^<>]*>")
_MAX_DETAIL: Final = 300
_MAX_TEXTS: Final = 10


class KustomerError(Exception):
    """The base of all errors that the connector understands."""

    failure_type: ClassVar[FailureKind] = "system_error"

    def __init__(self, message: str, internal_message: str | None = None) -> None:
        """Keep both messages.

        Args:
            message: for the user: what happened, where, and what to do.
            internal_message: details for the log. Neither message contains the API key.
        """
        super().__init__(message)
        self.message = message
        self.internal_message = internal_message or message


class ConfigError(KustomerError):
    """Something that the user can correct."""

    failure_type = "config_error"


class InvalidConfig(ConfigError):
    """The configuration cannot be used."""


class InvalidCatalog(ConfigError):
    """The configured catalog cannot be used."""


class InvalidState(ConfigError):
    """A state cannot be read. Guessing its meaning could skip records."""

    def __init__(self, stream: str | None, reason: str) -> None:
        """Name the stream and what is wrong with its state.

        Args:
            stream: its name; None for the state as a whole.
            reason: what is wrong: a clause, or a complete sentence when no stream is named.
        """
        self.stream = stream
        super().__init__(
            reason
            if stream is None
            else f'The state of stream "{stream}" cannot be used: {reason}. '
            "Correct it, or reset the stream to read it from the beginning."
        )


class NotAuthorised(ConfigError):
    """The API does not accept the key."""


class NotPermitted(ConfigError):
    """The key lacks a role, or the organization's plan lacks a feature."""

    roles: tuple[str, ...] = ()
    """Any one of these roles would permit it; empty when they are not known."""

    def needs(self, roles: tuple[str, ...]) -> NotPermitted:
        """Add the roles that would permit the request, unless the error names some already."""
        if roles and not self.roles:
            self.roles = roles
            self.message = f"{self.message} It needs one of the roles {', '.join(roles)}."
        return self


class NotFound(ConfigError):
    """What was requested does not exist."""

    is_stated: bool = False
    """Whether Kustomer itself states that: by 404, with an error in one of the API's forms."""


class TransientError(KustomerError):
    """Something that a later attempt may not meet."""

    failure_type = "transient_error"


class RateLimited(TransientError):
    """The rate limit stayed exhausted for all attempts of a request."""


class KustomerUnavailable(TransientError):
    """Kustomer gave no usable answer before the retry deadline of a request."""


class Stopped(TransientError):
    """The process received a signal to stop."""

    def __init__(self) -> None:
        super().__init__("The sync was stopped before its end. The next sync continues from there.")


class UnexpectedError(KustomerError):
    """The API, or the connector, does not behave as assumed."""


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
    """An answer is not what the connector relies on."""


class BadRequest(UnexpectedDocument):
    """The API rejects a request, such as a search by an attribute that it does not know."""


class InvalidId(UnexpectedDocument):
    """A value from the API cannot be a segment of a request path."""

    def __init__(self, value: object) -> None:
        """Show the value, shortened."""
        shown = printable(str(value)[:_MAX_DETAIL])[:_MAX_DETAIL]
        super().__init__(
            f'The id "{shown}" cannot be used in a request: it is missing, empty or too long, or '
            "it would lead to another path. The records below it are not requested. Please report "
            "this."
        )


class UnorderedPage(UnexpectedError):
    """A search does not return records in the requested order."""

    def __init__(self, before: str, after: str) -> None:
        """Name two neighbouring timestamps in the wrong order."""
        super().__init__(
            f"The search did not sort by time of update: {after} came after {before}. "
            "Continuing could lose records, so the stream stops here. Please report this."
        )


class StartLeftOut(UnexpectedError):
    """A search leaves out the records at the timestamp where it starts."""

    def __init__(self, timestamp: str) -> None:
        """Name the timestamp."""
        super().__init__(
            f"The search from {timestamp} on leaves out records with this timestamp, which a "
            "search from a millisecond earlier returns. Continuing could lose records, so the "
            "stream stops here. Please report this."
        )


class IncompleteWindow(TransientError):
    """Fewer records could be read than the source counts."""

    def __init__(self, timestamp: str, read: int, counted: int) -> None:
        """Give both numbers.

        Args:
            timestamp: where the window begins.
            read: how many records were read, at the second attempt.
            counted: how many the source counts.
        """
        self.read = read
        self.counted = counted
        super().__init__(
            f"{counted:,} records exist from {timestamp} on, but {read:,} could be read, in two "
            "attempts. The window counts as not read, so the next sync reads it again. If this "
            "lasts, report it with the log."
        )


class TimestampTooDense(UnexpectedError):
    """More records share one timestamp than a search returns."""

    def __init__(self, timestamp: str, count: int) -> None:
        """Name the timestamp and the number of records that share it."""
        self.timestamp = timestamp
        self.count = count
        super().__init__(
            f"{count:,} records share the update time {timestamp} and cannot be told apart by "
            "their time of creation either. The search returns only 10,000 of them, so the stream "
            "stops here instead of skipping any. Updating some of these records in Kustomer gives "
            "them other times."
        )


class Retry(Enum):
    """What to do with a request that received a status. All requests only read."""

    NEVER = "never"
    """The answer is final."""
    BACKOFF = "backoff"
    """Repeat the request, with growing delays, until the retry deadline."""
    RESET = "reset"
    """Repeat the request when the rate limit allows it again."""


@dataclass(frozen=True)
class StatusRule:
    """What an HTTP status means."""

    error: type[KustomerError]
    retry: Retry
    message: str
    """For the user. `{request}` is method and path, `{status}` the number."""


_UNAVAILABLE: Final = StatusRule(
    KustomerUnavailable,
    Retry.BACKOFF,
    "Kustomer failed to answer {request} (HTTP {status}). Try again later.",
)
_INVALID: Final = StatusRule(
    BadRequest,
    Retry.NEVER,
    "Kustomer rejected {request} as invalid (HTTP {status}).",
)
_ABSENT: Final = StatusRule(
    NotFound,
    Retry.NEVER,
    "{request} does not exist in this organization (HTTP {status}).",
)
_ROLE_MISSING: Final = StatusRule(
    NotPermitted,
    Retry.NEVER,
    "The API key does not permit {request}: it lacks a role. Create a key with that role, or "
    "deselect the stream.",
)
_PLAN_LACKS: Final = StatusRule(
    NotPermitted,
    Retry.NEVER,
    "The organization's Kustomer plan does not include {request}. Deselect the stream, or extend "
    "the plan.",
)
_REDIRECT: Final = StatusRule(
    ConfigError,
    Retry.NEVER,
    "The API address redirects to another address ({request}, HTTP {status}). The API key is not "
    "sent there. Check the region, the organization and the proxy.",
)
_UNKNOWN: Final = StatusRule(
    UnexpectedDocument,
    Retry.NEVER,
    "Kustomer rejected {request} (HTTP {status}). Please report this.",
)

STATUS_RULES: Final[Mapping[int, StatusRule]] = {
    HTTPStatus.BAD_REQUEST: _INVALID,
    HTTPStatus.UNAUTHORIZED: StatusRule(
        NotAuthorised,
        Retry.NEVER,
        "Kustomer does not accept the API key. Check that it was copied completely, that it has "
        "not been deleted, and that it may be used from this network.",
    ),
    HTTPStatus.PAYMENT_REQUIRED: _PLAN_LACKS,
    HTTPStatus.FORBIDDEN: _ROLE_MISSING,
    HTTPStatus.NOT_FOUND: _ABSENT,
    HTTPStatus.METHOD_NOT_ALLOWED: _ABSENT,
    HTTPStatus.REQUEST_TIMEOUT: _UNAVAILABLE,
    HTTPStatus.GONE: _ABSENT,
    HTTPStatus.UNPROCESSABLE_ENTITY: _INVALID,
    HTTPStatus.TOO_EARLY: _UNAVAILABLE,
    HTTPStatus.TOO_MANY_REQUESTS: StatusRule(
        RateLimited,
        Retry.RESET,
        "Kustomer's rate limit was exhausted at every attempt of {request}: other integrations "
        "use it up. Sync less often, or reduce their use.",
    ),
}
"""Statuses with a meaning of their own; `rule_for` has the others. The vendor's error page lists
500 and 501 as server errors (developer.kustomer.com, "Errors")."""


def rule_for(status: int) -> StatusRule:
    """Return what a status means that is not a success (2xx)."""
    if rule := STATUS_RULES.get(status):
        return rule
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.OK:
        return _UNAVAILABLE
    if status < HTTPStatus.BAD_REQUEST:
        return _REDIRECT
    return _UNKNOWN


def error_for(
    status: int, body: object, request: str, *, is_key_accepted: bool = False
) -> KustomerError:
    """Return the error for an answer that is not a success.

    Whether a missing role is answered 401 or 403 differs between the vendor's pages, and so does
    a missing plan feature. Both are supported.

    Args:
        status: the HTTP status; not 2xx.
        body: the decoded answer, without the key; anything but a JSON object has no detail.
        request: method and path, for the message.
        is_key_accepted: whether the API has accepted the key for something else. A 401 that
            mentions neither expiry nor another region then means a missing role.
    """
    detail = detail_of(body)
    if pod := _POD.search(detail):
        key_region, request_region = (REGIONS_BY_POD.get(name, name) for name in pod.groups())
        return NotAuthorised(
            f"The API key belongs to the {key_region} region, but the request went to the "
            f"{request_region} region. Choose the region {key_region}, or enter the "
            "organization's subdomain."
        )
    if status == HTTPStatus.UNAUTHORIZED and "expired" in detail.lower():
        return NotAuthorised(
            "The API key has expired. Create a new one in Kustomer under Settings > Security "
            "> API Keys, without an expiry date, and enter it here."
        )
    rule = rule_for(status)
    if status == HTTPStatus.UNAUTHORIZED and is_key_accepted:
        rule = _ROLE_MISSING
    if rule is _ROLE_MISSING and _PLAN.search(detail):
        rule = _PLAN_LACKS
    message = rule.message.format(request=request, status=status)
    error = rule.error(f'{message} Kustomer\'s answer: "{detail}"' if detail else message)
    if isinstance(error, NotFound):
        error.is_stated = status == HTTPStatus.NOT_FOUND and _is_error_of_the_api(body)
    return error


def _is_error_of_the_api(body: object) -> bool:
    """Return whether a body has the member `errors`, or `error` as older endpoints send it.

    Gateways send other JSON, such as `{"message": "Not Found"}`.
    """
    return isinstance(body, Mapping) and bool(body.get("errors") or body.get("error"))


def is_reason_stated(body: object) -> bool:
    """Return whether the body of a 401 states why the key is refused: expiry, or its region."""
    detail = detail_of(body)
    return "expired" in detail.lower() or _POD.search(detail) is not None


def is_about_page_size(body: object) -> bool:
    """Return whether an error body is about the page size of its request."""
    return _PAGE_SIZE.search(detail_of(body)) is not None


def detail_of(body: object) -> str:
    """Return the text of an error body, in each of the API's three forms.

    The text is printable, without markup, and at most 300 characters long.
    """
    if not isinstance(body, Mapping):
        return ""
    errors: Any = body.get("errors")
    if isinstance(errors, Mapping):
        errors = [errors]
    entries = errors if isinstance(errors, list) else [errors or body]
    texts: list[str] = []
    for entry in entries[:_MAX_TEXTS]:
        if isinstance(entry, Mapping):
            found = (entry.get(key) for key in ("detail", "message", "title", "error", "code"))
            texts += [text for text in found if isinstance(text, str) and text.strip()][:1]
        elif isinstance(entry, str):
            texts.append(entry)
    plain = " ".join(_MARKUP.sub(" ", " ".join(texts)).split())
    return printable(plain[:_MAX_DETAIL])
