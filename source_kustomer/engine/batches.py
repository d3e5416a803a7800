"""Records of changed parents: requested for several parents at once, or by ids that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from source_kustomer.engine.children import ChildPage, ChildStream, Parent
from source_kustomer.engine.endpoints import IDS_PER_REQUEST, read_endpoint
from source_kustomer.errors import BadRequest, InvalidId, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.logger import LOGGER


class BatchStream(ChildStream, family=True):
    """A stream of records that belong to parents, requested for several changed parents at once.

    It declares the query parameter for the parents' ids, separated by commas, and the attribute
    of a record that holds the id of its parent.
    """

    ids_parameter: ClassVar[str]
    owner_attribute: ClassVar[str]
    parents_per_task = IDS_PER_REQUEST
    is_requested_per_parent = False
    required: ClassVar[tuple[str, ...]] = (
        *ChildStream.required,
        "ids_parameter",
        "owner_attribute",
    )

    def children(self, client: Client, parents: Sequence[Parent]) -> Iterator[ChildPage]:
        """Yield the records of some parents.

        A request that the API refuses is repeated in halves, since one id can be the reason.
        """
        ids = ",".join(parent.id for parent in parents)
        endpoint = self.endpoints[0]
        batch = replace(endpoint, params={**endpoint.params, self.ids_parameter: ids})
        owners = {parent.id: parent for parent in parents}
        has_begun = False
        try:
            for page in read_endpoint(client, batch, stream=self.name):
                has_begun = True
                for owner, resources in self._by_owner(page.data).items():
                    if owner in owners:
                        yield ChildPage(owners[owner], resources)
        except (BadRequest, NotFound) as error:
            if has_begun:
                raise
            half = len(parents) // 2
            if half:
                yield from self.children(client, parents[:half])
                yield from self.children(client, parents[half:])
            elif isinstance(error, NotFound):
                yield ChildPage(parents[0], refusal=error)
            else:
                raise

    def _by_owner(
        self, resources: Sequence[Mapping[str, Any]]
    ) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for resource in resources:
            owner = str(attribute_of(resource, self.owner_attribute))
            found.setdefault(owner, []).append(resource)
        return found


class NamedStream(ChildStream, family=True):
    """A stream of records that changed parents name by id, requested one by one.

    A stream overrides `related`, which returns the ids that a parent names.
    """

    is_requested_per_parent = False

    def children(self, client: Client, parents: Sequence[Parent]) -> Iterator[ChildPage]:
        """Yield the records that some parents name; one that no longer exists hides no other."""
        lost = 0
        for parent in parents:
            for identity in parent.related:
                try:
                    for page in self.pages(client, identity):
                        yield ChildPage(parent, page.data)
                except NotFound:
                    lost += not parent.is_deleted
                except (InvalidId, NotPermitted) as error:
                    yield ChildPage(parent, refusal=error)
        if lost:
            LOGGER.warning(
                "Stream %s: records that %s name but that no longer exist: %d.",
                self.name,
                self.parent.name,
                lost,
            )
