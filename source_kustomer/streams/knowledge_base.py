"""The knowledge base."""

from __future__ import annotations

from collections.abc import Iterator

from source_kustomer.engine.listing import ListStream, Walk
from source_kustomer.engine.reading import Reading
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.records.knowledge_base import (
    KbArticleRecord,
    KbCategoryRecord,
    KbFormRecord,
    KbRouteRecord,
    KbTagRecord,
    KbTemplateRecord,
    KbThemeRecord,
)

OLDER_TAGS = Walk("/kb/tags")
KB_ROLES = (
    "org.permission.kb.read",
    "org.user.content.kb.read",
    "org.user.kb.read",
    "org.admin.content.kb.read",
    "org.admin.kb.read",
)
"""Said of media and of forms; for the others by analogy."""


class KbArticles(ListStream):
    """Articles."""

    name = "kb_articles"
    walks = (Walk("/kb/articles"),)
    record = KbArticleRecord
    roles = KB_ROLES


class KbCategories(ListStream):
    """Categories of articles."""

    name = "kb_categories"
    walks = (Walk("/kb/categories"),)
    record = KbCategoryRecord
    roles = KB_ROLES


class KbForms(ListStream):
    """Contact forms."""

    name = "kb_forms"
    walks = (Walk("/kb/forms"),)
    record = KbFormRecord
    roles = KB_ROLES
    inferred = True


class KbRoutes(ListStream):
    """Addresses of the knowledge base."""

    name = "kb_routes"
    walks = (Walk("/kb/routes"),)
    record = KbRouteRecord
    roles = KB_ROLES
    inferred = True


class KbTags(ListStream):
    """Tags of articles, not those of conversations."""

    name = "kb_tags"
    walks = (Walk("/v3/kb/tags"),)
    record = KbTagRecord
    roles = KB_ROLES
    inferred = True

    @property
    def endpoint(self) -> str:
        """The list, and where it may be instead: sources do not agree on the version."""
        return f"{super().endpoint}; if that does not exist, GET {OLDER_TAGS.path}"

    def probe(self, client: Client) -> None:
        """Ask for the first tag."""
        try:
            super().probe(client)
        except NotFound:
            client.get(OLDER_TAGS.path, {"page": 1, "pageSize": 1}, stream=self.name)

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the pages of the list, wherever it is."""
        try:
            yield from super().pages(reading, walk)
        except NotFound:
            if reading.begun:
                raise
            yield from super().pages(reading, OLDER_TAGS)


class KbTemplates(ListStream):
    """Templates that themes are made from."""

    name = "kb_templates"
    walks = (Walk("/kb/templates"),)
    record = KbTemplateRecord
    roles = KB_ROLES
    inferred = True


class KbThemes(ListStream):
    """Looks of the knowledge base."""

    name = "kb_themes"
    walks = (Walk("/kb/themes"),)
    record = KbThemeRecord
    roles = KB_ROLES
    inferred = True
