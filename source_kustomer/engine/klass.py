"""Custom objects as streams of their own: one per klass that the organization has."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.search import SearchStream
from source_kustomer.errors import KustomerError, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.records.kobjects import KobjectRecord

STREAM_PREFIX: Final = "kobject_"
CONTEXT_PREFIX: Final = "kobject_"
LIST_SIZE: Final = 100

_HASHED: Final = re.compile(r"_[0-9a-f]{6}$")
_SAFE: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Klass:
    """A type of custom objects. Its name never changes; what people see of it may."""

    name: str
    title: str

    @property
    def name_of_stream(self) -> str:
        """The name of its stream, when no other klass's is like it."""
        return STREAM_PREFIX + self.name

    @staticmethod
    def of(resource: Mapping[str, Any]) -> Klass | None:
        """Read a klass resource; None when it has no name."""
        name = attribute_of(resource, "name")
        # Kustomer spells it both ways.
        spellings = ("displayName", "displayname")
        title = next((text for s in spellings if (text := attribute_of(resource, s))), name)
        return Klass(name, str(title)) if isinstance(name, str) and name else None


class KlassStream(SearchStream, family=True):
    """The records of one custom object."""

    record = KobjectRecord
    attribute_prefix = "kobject"

    def __init__(self, klass: Klass, name: str) -> None:
        """Make the stream of a klass.

        Args:
            klass: which.
            name: the stream's name; `stream_names` gives it.
        """
        self.klass = klass
        self.name = name
        self.query_context = CONTEXT_PREFIX + klass.name
        self.custom_resource = f"kobject.{klass.name}"

    @property
    def description(self) -> str:
        """What a row is."""
        return f"The records of the custom object {self.klass.title}."


class LostKlassStream(KlassStream, family=True):
    """A configured stream whose custom object is gone."""

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Say that there is nothing to read any more.

        Raises:
            NotFound: always.
        """
        raise NotFound(
            f"Kustomer has no custom object for it any more ({self.klass.name}): it was deleted or "
            "disabled. Refresh the source schema, or remove the stream from the connection."
        )


class UnlistedKlassStream(KlassStream, family=True):
    """A configured stream whose klass is not known, since the klasses cannot be listed.

    Its name ends in a short hash, so what the klass is really called cannot be told from it; a
    search for something else might find nothing, and nothing must not pass for all there is.
    """

    def __init__(self, klass: Klass, name: str, error: KustomerError) -> None:
        """Keep why the klasses cannot be listed."""
        super().__init__(klass, name)
        self._error = error

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Say why there is nothing to read now.

        Raises:
            KustomerError: always.
        """
        raise self._error


def is_name_changed(stream: str) -> bool:
    """Tell whether a stream's name may hold another name than its klass has."""
    return _HASHED.search(stream) is not None


def stream_names(klasses: Iterable[Klass]) -> dict[str, Klass]:
    """Name the streams of klasses: `kobject_<klass>`.

    Names that a destination could not tell apart (it may fold case, or hyphens into underscores),
    or that hold other characters, end in a short hash of the klass's name; the plainest of them
    keeps its own.

    Returns:
        Each klass by the name of its stream.
    """
    alike: dict[str, list[Klass]] = defaultdict(list)
    for klass in sorted(klasses, key=lambda klass: klass.name):
        alike[_folded(klass.name)].append(klass)
    names: dict[str, Klass] = {}
    for folded, group in alike.items():
        plain = min(group, key=lambda klass: (not _is_safe(klass.name), klass.name != folded))
        for klass in group:
            is_plain = klass is plain and _is_safe(klass.name)
            names[klass.name_of_stream if is_plain else _apart(klass)] = klass
    return dict(sorted(names.items()))


def klasses_of(streams: Iterable[str], klasses: Sequence[Klass]) -> dict[str, Klass]:
    """Find the klasses of streams by name, whatever klasses have come or gone since.

    When a klass is created whose name is like another's, that one's stream gets another name; a
    stream that was configured before still means the same klass.

    Returns:
        The klass of each stream; without those that have none.
    """
    known: dict[str, Klass] = {}
    for klass in klasses:
        known[klass.name_of_stream] = known[_apart(klass)] = klass
    known.update(stream_names(klasses))
    return {name: known[name] for name in streams if name in known}


def _apart(klass: Klass) -> str:
    return f"{STREAM_PREFIX}{_made_safe(klass.name)}_{_hash(klass.name)}"


def _folded(name: str) -> str:
    return _made_safe(name).lower().replace("-", "_")


def _is_safe(name: str) -> bool:
    return _SAFE.fullmatch(name) is not None


def _made_safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def list_klasses(client: Client, *, disabled: bool) -> list[Klass]:
    """Return the organization's klasses, those included that only old records still use.

    Args:
        client: the API.
        disabled: whether to include the disabled ones.
    """
    statuses = ["enabled", "existing_only", *(["disabled"] if disabled else [])]
    found: dict[str, Klass] = {}
    for status in statuses:
        pages = client.list_pages(
            "/klasses", {"status": status}, page_size=LIST_SIZE, stream="klasses"
        )
        for page in pages:
            for resource in page.data:
                if (klass := Klass.of(resource)) is not None:
                    found.setdefault(klass.name, klass)
    return list(found.values())
