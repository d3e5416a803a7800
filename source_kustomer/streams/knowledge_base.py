"""The knowledge base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.lists import ListStream
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Objects,
    Reference,
    References,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.row import DeletableRow, TrackedRow

KB_ROLES: Final = (
    "org.permission.kb.read",
    "org.user.content.kb.read",
    "org.user.kb.read",
    "org.admin.content.kb.read",
    "org.admin.kb.read",
)
"""Documented for media and forms; for the other objects by analogy."""


def with_versions_by_language(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Gather the relationships of an article that have a language in their name.

    An article has a relationship `published_<lang>` or `unpublished_<lang>` per language. Their
    targets become the attributes `publishedVersions` and `unpublishedVersions`, by language.
    """
    relationships = resource.get("relationships")
    attributes = resource.get("attributes")
    if not isinstance(relationships, Mapping) or not isinstance(attributes, Mapping):
        return resource
    rest: dict[str, Any] = {}
    versions: dict[str, dict[str, Any]] = {}
    for name, relationship in relationships.items():
        state, _, language = name.partition("_")
        if state in ("published", "unpublished") and isinstance(relationship, Mapping):
            target = relationship.get("data")
            versions.setdefault(f"{state}Versions", {})[language] = target
        else:
            rest[name] = relationship
    return {**resource, "attributes": {**attributes, **versions}, "relationships": rest}


class ArticleCategory(Nested):
    """A category of an article."""

    id: Text
    knowledge_base: Text


class KbArticleRow(DeletableRow):
    """An article."""

    title: Text = column("Title.")
    status: Text = column("draft or published.")
    scope: Text = column("Who can read it.")
    source: Text = column("Source of the article.")
    hash: Text = column("Short id in URLs.")
    published_at: Timestamp = column("Time of publication.")
    lang_versions: UserObject = column("Versions, by language.")
    latest_langs: UserObject = column("Latest version of each language.")
    categories: Objects[ArticleCategory] = column("Categories that it is filed under.")
    knowledge_bases: Values = column("Knowledge bases that it belongs to.")
    tags: Values = column("Tags of articles, which are not those of conversations.")
    meta_title: Text = column("Meta title, for search engines.")
    meta_description: Text = column("Meta description, for search engines.")
    meta_keywords: Values = column("Meta keywords, for search engines.")
    published_by: Reference = column("User who published it.")
    published_versions: UserObject = column("Published versions, as references by language.")
    unpublished_versions: UserObject = column("Unpublished versions, as references by language.")
    access_users: References = column("Users who may read it, if access is restricted.")
    access_teams: References = column("Teams that may read it, if access is restricted.")


class KbArticles(ListStream):
    """Articles of the knowledge base."""

    name = "kb_articles"
    endpoints = (Endpoint("/kb/articles", roles=KB_ROLES),)
    row = KbArticleRow
    prepare = staticmethod(with_versions_by_language)


class KbCategoryRow(TrackedRow):
    """A category of articles."""

    hash: Text = column("Short id in URLs.")
    langs: UserObject = column("Titles, by language.")
    published: Boolean = column("True if it is published.")
    root: Boolean = column("True if it is the root category.")
    positions: Values = column("Order of its articles.")
    category_positions: Values = column("Order of its subcategories.")
    parent: Reference = column("Category above it.")
    knowledge_base: Reference = column("Knowledge base that it belongs to.")


class KbCategories(ListStream):
    """Categories of articles."""

    name = "kb_categories"
    endpoints = (Endpoint("/kb/categories", roles=KB_ROLES),)
    row = KbCategoryRow


class KbFormRow(TrackedRow):
    """A contact form."""

    name: Text = column("Name.")
    channel: Text = column("Channel of the messages that it creates.")
    published: Boolean = column("True if it is published.")
    published_at: Timestamp = column("Time of publication.")
    published_by: Reference = column("User who published it.")
    slug: Text = column("Slug in URLs.")
    hash: Text = column("Short id in URLs.")
    klass: Text = column("Custom object (klass) that it creates records of.")
    knowledge_base: Text = column("Knowledge base that it belongs to.")
    body: Text = column("Text.")
    conditions: UserObject = column("Conditions under which its fields are shown.")
    layout: Values = column("Layout.")
    layout_v2: Values = column("Layout, in version 2 of its format.")
    components_v2: UserObject = column("Components, in version 2 of their format.")
    snippets: Values = column("Code snippets.")
    advanced: Boolean = column("True if it was written as code.")
    deflection: Boolean = column("True if articles are suggested before it is submitted.")
    form_hook_enabled: Boolean = column("True if submissions go to a form hook.")
    recaptcha: Boolean = column("True if it uses reCAPTCHA.")
    reply_from: Text = column("Address that replies are sent from.")
    wcag: Boolean = column("True if it conforms to WCAG (accessibility).")


class KbForms(ListStream):
    """Contact forms of the knowledge base."""

    name = "kb_forms"
    endpoints = (Endpoint("/kb/forms", roles=KB_ROLES),)
    row = KbFormRow


class KbRouteRow(TrackedRow):
    """A route: a URL of the knowledge base."""

    url: Text = column("URL.")
    routable_id: Text = column("Id of the record at the URL.")
    routable_type: Text = column("Type of the record at the URL.")
    article: Reference = column("Article at the URL.")


class KbRoutes(ListStream):
    """Routes: URLs of the knowledge base."""

    name = "kb_routes"
    endpoints = (Endpoint("/kb/routes", roles=KB_ROLES),)
    row = KbRouteRow


class KbTagRow(TrackedRow):
    """A tag of articles."""

    name: Text = column("Name.")


class KbTags(ListStream):
    """Tags of articles, which are not those of conversations."""

    name = "kb_tags"
    endpoints = (Endpoint("/v3/kb/tags", roles=KB_ROLES, older_path="/kb/tags"),)
    row = KbTagRow


class KbTemplateRow(TrackedRow):
    """A template of themes."""

    title: Text = column("Title.")
    description: Text = column("Description.")
    version: Text = column("Version.")
    beta: Boolean = column("True if it is in beta.")
    images: Values = column("Preview images.")
    jsx_snippets: Values = column("JSX snippets.")
    manifest: UserObject = column("Manifest.")


class KbTemplates(ListStream):
    """Templates of knowledge base themes."""

    name = "kb_templates"
    endpoints = (Endpoint("/v3/kb/templates", roles=KB_ROLES, older_path="/kb/templates"),)
    row = KbTemplateRow


class KbThemeRow(TrackedRow):
    """A theme of a knowledge base."""

    renames: ClassVar[Mapping[str, str]] = {"lastFileUpdatedAt": "lastfile_updated_at"}

    name: Text = column("Name.")
    active: Boolean = column("True if it is in use.")
    custom: Boolean = column("True if the organization created it.")
    default: Boolean = column("True if it is the default theme.")
    status: Text = column("Status of the build.")
    template_title: Text = column("Title of its template.")
    template_version: Text = column("Version of its template.")
    template_version_id: Text = column("Id of the version of its template.")
    manifest: UserObject = column("Manifest.")
    config_snippets: Values = column("Configuration snippets.")
    jsx_snippets: Values = column("JSX snippets.")
    lastfile_updated_at: Timestamp = column("Time of the last change of one of its files.")
    rev: Integer = column("Revision number, increased by every change.")


class KbThemes(ListStream):
    """Themes of knowledge bases."""

    name = "kb_themes"
    endpoints = (Endpoint("/v3/kb/themes", roles=KB_ROLES, older_path="/kb/themes"),)
    row = KbThemeRow
