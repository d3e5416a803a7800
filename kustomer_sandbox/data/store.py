"""The store: the newest version of every record, as JSON in SQLite."""

from __future__ import annotations

import sqlite3
import tempfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_CODE_SHIFT = 32
_NUMBER = (1 << _CODE_SHIFT) - 1
_MOST_PARAMETERS = 500


class Row(NamedTuple):
    """A record to store.

    Attributes:
        number: of the record within its object, from 0.
        created: milliseconds since 1970.
        updated: milliseconds since 1970.
        deleted: whether it is a deleted record.
        klass: place of the kobject's klass; 0 for all other objects.
        conversation: number of the conversation it belongs to, if any.
        customer: number of the customer it belongs to, if any.
        body: the JSON resource.
    """

    number: int
    created: int
    updated: int
    deleted: bool
    klass: int
    conversation: int | None
    customer: int | None
    body: bytes


class Store:
    """Records by object code and number, for one process; the data ends with it."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory(prefix="kustomer-sandbox-") as folder:
            # The file loses its name with the folder but exists until the connection closes, so
            # that no file remains, even if the process is killed.
            self._database = sqlite3.connect(
                Path(folder) / "records.sqlite", isolation_level=None, check_same_thread=False
            )
            self._prepare()
        self.present: dict[int, list[int]] = {}
        self.next_number: dict[int, int] = {}

    def _prepare(self) -> None:
        for statement in (
            "PRAGMA page_size = 8192",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA locking_mode = EXCLUSIVE",
            "PRAGMA cache_size = -65536",
            "CREATE TABLE records"
            " (row INTEGER PRIMARY KEY, conversation INTEGER, customer INTEGER, body BLOB)",
            "CREATE TABLE versions (row INTEGER, body BLOB)",
        ):
            self._database.execute(statement)

    def close(self) -> None:
        """Close the database, which removes it."""
        self._database.close()

    def load(self, code: int, rows: Iterable[Row]) -> None:
        """Add many records of one object, in ascending order of number."""
        present = self.present.setdefault(code, [])
        shifted = code << _CODE_SHIFT

        def parameters() -> Iterator[tuple[int, int | None, int | None, bytes]]:
            for row in rows:
                if not row.deleted:
                    present.append(row.number)
                self.next_number[code] = row.number + 1
                yield shifted | row.number, row.conversation, row.customer, row.body

        self.next_number.setdefault(code, 0)
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", parameters())
        self._database.execute("COMMIT")

    def index_parents(self) -> None:
        """Index the parents of records; after loading, when it is cheapest."""
        for parent in ("conversation", "customer"):
            self._database.execute(
                f"CREATE INDEX IF NOT EXISTS by_{parent} ON records ({parent}, row)"
                f" WHERE {parent} IS NOT NULL"
            )

    def replace(self, code: int, number: int, body: bytes, *, deleted: bool) -> None:
        """Write a newer version; the older one is kept, see `older_versions`."""
        row = code << _CODE_SHIFT | number
        self._database.execute(
            "INSERT INTO versions SELECT row, body FROM records WHERE row = ?", (row,)
        )
        self._database.execute("UPDATE records SET body = ? WHERE row = ?", (body, row))
        present = self.present[code]
        place = bisect_left(present, number)
        stands = place < len(present) and present[place] == number
        if deleted and stands:
            del present[place]
        elif not deleted and not stands:
            present.insert(place, number)

    def body(self, code: int, number: int) -> bytes | None:
        """The newest version of a record, deleted or not."""
        found = self._database.execute(
            "SELECT body FROM records WHERE row = ?", (code << _CODE_SHIFT | number,)
        ).fetchone()
        return found[0] if found else None

    def bodies(self, code: int, numbers: list[int]) -> list[bytes]:
        """The newest versions of records, in the order asked for; unknown ones are left out."""
        shifted = code << _CODE_SHIFT
        found: dict[int, bytes] = {}
        for start in range(0, len(numbers), _MOST_PARAMETERS):
            part = [shifted | number for number in numbers[start : start + _MOST_PARAMETERS]]
            marks = ",".join("?" * len(part))
            found.update(
                self._database.execute(
                    f"SELECT row, body FROM records WHERE row IN ({marks})", part
                )
            )
        return [found[shifted | n] for n in numbers if shifted | n in found]

    def numbers_of_parent(self, code: int, parent: str, number: int) -> list[int]:
        """Numbers of the records, not deleted, that belong to a conversation or a customer."""
        assert parent in ("conversation", "customer")
        low, high = code << _CODE_SHIFT, (code + 1) << _CODE_SHIFT
        found = self._database.execute(
            f"SELECT row FROM records WHERE {parent} = ? AND row >= ? AND row < ? ORDER BY row",
            (number, low, high),
        )
        return [row & _NUMBER for (row,) in found if self.is_present(code, row & _NUMBER)]

    def is_present(self, code: int, number: int) -> bool:
        """Whether a record exists and is not deleted."""
        present = self.present[code]
        place = bisect_left(present, number)
        return place < len(present) and present[place] == number

    def everything(self, code: int) -> Iterator[bytes]:
        """The newest version of every record of an object, deleted ones included."""
        last = (code << _CODE_SHIFT) - 1
        while True:
            rows = self._database.execute(
                "SELECT row, body FROM records WHERE row > ? AND row < ? ORDER BY row LIMIT 2000",
                (last, (code + 1) << _CODE_SHIFT),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield from (body for _, body in rows)

    def older_versions(self, code: int) -> Iterator[bytes]:
        """Every version of an object's records that a newer one has replaced."""
        rows = self._database.execute(
            "SELECT body FROM versions WHERE row >= ? AND row < ?",
            (code << _CODE_SHIFT, (code + 1) << _CODE_SHIFT),
        ).fetchall()
        yield from (body for (body,) in rows)
