"""What an API key may read: by the roles that Kustomer lists for it, else by requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.endpoints import probe_endpoint
from source_kustomer.engine.search import SEARCH_ROLES, SearchStream
from source_kustomer.engine.search_or_list import SearchOrListStream
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import (
    KustomerError,
    NotFound,
    NotPermitted,
    TransientError,
    UnexpectedError,
)
from source_kustomer.kustomer.client import Client

Probe = Callable[[], object]
"""A request that shows whether something can be read."""

PROBES_AT_ONCE: Final = 8
SEARCHED: Final = "customers"
"""The stream that is always requested, to verify that a search works."""
LEAST_PARTS: Final = 4
"""Parts of a role that grants one thing, such as `org.permission.team.read`. Roles with fewer parts
may be groups of roles."""


@dataclass(frozen=True)
class Need:
    """Roles that a stream needs for all of its records or for a part of them."""

    roles: tuple[str, ...]
    """Any one of them is enough."""
    part: str | None = None
    """What is not read without them; None: the whole stream."""


def needs_of(stream: Stream) -> Iterator[Need]:
    """Yield what a stream needs, endpoint by endpoint."""
    own = [one.roles for one in stream.endpoints]
    if isinstance(stream, ChildStream):
        yield Need(SEARCH_ROLES)
        yield Need(own[0])
    elif isinstance(stream, SearchOrListStream):
        yield Need((*SEARCH_ROLES, *own[0]))
        yield Need(own[0], "all records, if Kustomer's search does not support them")
        yield Need(SEARCH_ROLES, "deleted records")
    elif isinstance(stream, SearchStream):
        yield Need(SEARCH_ROLES)
        yield from (Need(roles, "records older than two years") for roles in own)
    else:
        yield Need(own[0])
        for endpoint in stream.endpoints[1:]:
            if endpoint.roles != own[0]:
                yield Need(endpoint.roles, f"records of {endpoint.request}")


class KeyRoles:
    """The roles of an API key."""

    def __init__(self, roles: Sequence[str] = ()) -> None:
        """Keep the roles.

        Args:
            roles: as `GET /auth/tokens/current` lists them; empty when they are not known.
        """
        self._roles = frozenset(role for role in roles if role.partition(".")[0] == "org")

    @staticmethod
    def of(token: Mapping[str, Any] | None) -> KeyRoles:
        """Return the roles in the answer about a key; none for an answer of another form."""
        data = (token or {}).get("data")
        attributes = data.get("attributes") if isinstance(data, Mapping) else None
        roles = attributes.get("roles") if isinstance(attributes, Mapping) else None
        texts = roles if isinstance(roles, list) else []
        return KeyRoles([role for role in texts if isinstance(role, str)])

    def grant(self, wanted: Sequence[str]) -> bool | None:
        """Return whether the key has one of some roles.

        A role covers those that begin with it: `org.user` covers `org.user.team.read`.

        Args:
            wanted: the roles.

        Returns:
            None when the list does not answer it.
        """
        if not self._roles or not wanted:
            return None
        if any(
            want == role or want.startswith(f"{role}.") for want in wanted for role in self._roles
        ):
            return True
        is_exact = all(
            role.count(".") + 1 >= LEAST_PARTS and "*" not in role for role in self._roles
        )
        return False if is_exact else None


@dataclass
class Findings:
    """What a check found out."""

    is_key_accepted: bool = False
    """Whether the API has accepted the key for a request."""
    refusals: dict[str, str] = field(default_factory=dict)
    """Why streams cannot be read, by their names."""
    parts: dict[str, str] = field(default_factory=dict)
    """Which parts of streams cannot be read and why, by the streams' names."""

    def can_read(self, streams: Sequence[Stream]) -> bool:
        """Return whether some stream can be read that needs a role."""
        return any(stream.roles and stream.name not in self.refusals for stream in streams)


def examine(client: Client, streams: Sequence[Stream]) -> Findings:
    """Find out what the API key may read, with as few requests as possible.

    Args:
        client: the API.
        streams: all streams.

    Raises:
        KustomerError: when no stream can be read for a common reason, such as a refused key.
    """
    token = client.current_key()
    roles = KeyRoles.of(token)
    findings = Findings(is_key_accepted=token is not None)
    unknown = [stream for stream in streams if _is_unknown(stream, roles, findings)]
    _probe(client, unknown, findings)
    if not findings.can_read(streams) and len(unknown) < len(streams):
        # Before the check fails, it requests what the list of roles denies.
        findings.refusals.clear()
        _probe(client, streams, findings)
    return findings


def _is_unknown(stream: Stream, roles: KeyRoles, findings: Findings) -> bool:
    """Note what the list of roles says of a stream; return whether to send requests for it."""
    needs = list(needs_of(stream))
    answers = [roles.grant(need.roles) for need in needs]
    for need, answer in zip(needs, answers, strict=True):
        if answer is not False:
            continue
        reason = f"It needs one of the roles {', '.join(need.roles)}."
        if need.part is None:
            findings.refusals.setdefault(
                stream.name,
                f"the API key lacks a role. {reason} Create a key with it, or deselect the stream.",
            )
        else:
            findings.parts.setdefault(stream.name, f"{need.part}. {reason}")
    if stream.name in findings.refusals:
        return False
    return stream.name == SEARCHED or None in answers


def _probe(client: Client, streams: Sequence[Stream], findings: Findings) -> None:
    """Request a record of each stream, and note which cannot be read.

    Raises:
        KustomerError: when the key is refused, or when nothing answers.
    """
    probes: list[Probe] = []
    concerned: list[tuple[list[Stream], str | None]] = []
    for alike in _probed_alike(streams):
        probes.append(partial(alike[0].probe, client))
        concerned.append((alike, None))
    for stream in streams:
        if isinstance(stream, SearchStream) and stream.endpoints:
            part = list(needs_of(stream))[1].part
            probes.append(partial(probe_endpoint, client, stream.endpoints[0], stream=stream.name))
            concerned.append(([stream], part))
    errors = _send(client, probes, is_answering=findings.is_key_accepted)
    findings.is_key_accepted |= None in errors
    for error, (affected, part) in zip(errors, concerned, strict=True):
        if error is None:
            continue
        for stream in affected:
            if part is None:
                findings.refusals[stream.name] = error.message
            else:
                findings.parts[stream.name] = f"{part}. {error.message}"


def refusals(
    streams: Sequence[Stream],
    client: Client,
    *,
    probe: Callable[[Stream], object],
    at_once: int = PROBES_AT_ONCE,
) -> dict[str, KustomerError]:
    """Check the key, request a record of every stream, and return why some cannot be read.

    Args:
        streams: the streams.
        client: the API.
        probe: requests a record of a stream.
        at_once: the number of requests at the same time.

    Raises:
        KustomerError: when no stream can be read, for a reason that concerns all of them: the key
            is refused, or there is no answer.
    """
    client.check_key()
    groups = _probed_alike(streams)
    errors = _send(client, [partial(probe, alike[0]) for alike in groups], at_once=at_once)
    found = {
        stream.name: error
        for alike, error in zip(groups, errors, strict=True)
        if error is not None
        for stream in alike
    }
    return {stream.name: found[stream.name] for stream in streams if stream.name in found}


def _send(
    client: Client,
    probes: Sequence[Probe],
    *,
    is_answering: bool = False,
    at_once: int = PROBES_AT_ONCE,
) -> list[KustomerError | None]:
    """Send probes, and return the error of each; None where it was answered.

    Args:
        client: the API.
        probes: the requests.
        is_answering: whether the API has answered before.
        at_once: the number of requests at the same time.

    Raises:
        KustomerError: when the key is refused, or when nothing answers.
    """
    errors: list[KustomerError | None] = [None] * len(probes)
    with ThreadPoolExecutor(at_once) as pool:
        sent = {pool.submit(probe): place for place, probe in enumerate(probes)}
        for probed in as_completed(sent):
            error = probed.exception()
            if error is None or isinstance(error, NotPermitted | NotFound | UnexpectedError):
                is_answering = True
            elif not isinstance(error, TransientError) or not is_answering:
                client.stop()  # the other probes would only fail likewise
                raise error
            if isinstance(error, KustomerError):
                errors[sent[probed]] = error
    return errors


def _probed_alike(streams: Sequence[Stream]) -> list[list[Stream]]:
    """Group streams with the same probe: child streams and their parent."""
    groups: dict[type[Stream], list[Stream]] = {}
    for stream in streams:
        probed = stream.parent if isinstance(stream, ChildStream) else type(stream)
        groups.setdefault(probed, []).append(stream)
    return list(groups.values())
