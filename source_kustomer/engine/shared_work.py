"""Work that several threads share, and that its owner waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class SharedWork(Generic[Item]):
    """Items that are worked off by their owner and by any thread that comes to help.

    The owner works as well, so that the work is done even when no other thread is free. It waits
    only for items that another thread has begun. So no number of owners can block each other.
    """

    def __init__(self, items: Iterable[Item], work: Callable[[Item], None]) -> None:
        """Prepare.

        Args:
            items: what is to be done.
            work: does one item; called from several threads at once.
        """
        self._items = iter(items)
        self._work = work
        self._changed = threading.Condition()
        self._begun = 0
        self._error: BaseException | None = None

    def do(self) -> None:
        """Do everything; the owner calls it.

        Raises:
            BaseException: the first error of any item. Items that are not begun yet are left out.
        """
        self.help()
        with self._changed:
            while self._begun:
                self._changed.wait()
            if self._error is not None:
                raise self._error

    def help(self) -> None:
        """Do items until none is left."""
        while True:
            with self._changed:
                if self._error is not None:
                    return
                try:
                    item = next(self._items)
                except StopIteration:
                    return
                self._begun += 1
            try:
                self._work(item)
            except BaseException as error:  # the owner raises it
                with self._changed:
                    self._error = self._error or error
            finally:
                with self._changed:
                    self._begun -= 1
                    self._changed.notify_all()
