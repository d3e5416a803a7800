"""The knowledge base."""

from __future__ import annotations

from source_kustomer.families.listing import ListStream, Walk
from source_kustomer.records.knowledge_base import (
    KbArticleRecord,
    KbCategoryRecord,
    KbFormRecord,
    KbRouteRecord,
    KbTagRecord,
    KbTemplateRecord,
    KbThemeRecord,
)


class KbArticles(ListStream):
    """Articles."""

    name = "kb_articles"
    walks = (Walk("/kb/articles"),)
    record = KbArticleRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )


class KbCategories(ListStream):
    """Categories of articles."""

    name = "kb_categories"
    walks = (Walk("/kb/categories"),)
    record = KbCategoryRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )


class KbForms(ListStream):
    """Contact forms."""

    name = "kb_forms"
    walks = (Walk("/kb/forms"),)
    record = KbFormRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )


class KbRoutes(ListStream):
    """Addresses of the knowledge base."""

    name = "kb_routes"
    walks = (Walk("/kb/routes"),)
    record = KbRouteRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )


class KbTags(ListStream):
    """Tags of articles, not those of conversations."""

    name = "kb_tags"
    walks = (Walk("/kb/tags"),)
    record = KbTagRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )


class KbTemplates(ListStream):
    """Templates that themes are made from."""

    name = "kb_templates"
    walks = (Walk("/kb/templates"),)
    record = KbTemplateRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )


class KbThemes(ListStream):
    """Looks of the knowledge base."""

    name = "kb_themes"
    walks = (Walk("/kb/themes"),)
    record = KbThemeRecord
    roles = (
        "org.permission.kb.read",
        "org.user.content.kb.read",
        "org.user.kb.read",
        "org.admin.content.kb.read",
        "org.admin.kb.read",
    )
