"""The knowledge base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from source_kustomer.engine.endpoints import (
    Endpoint,
    one_record,
    read_endpoint,
    with_ids,
)
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.nested import NestedListStream
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of, target_of
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Number,
    Objects,
    Reference,
    References,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.row import DeletableRow, RemovableRow, Row, TrackedRow

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
    record = one_record("/kb/articles/{id}")
    prepare = staticmethod(with_versions_by_language)


class KbCategoryRow(RemovableRow, TrackedRow):
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
    record = one_record("/kb/categories/{id}")


class KbInternalCategoryRow(RemovableRow):
    """A category of internal articles."""

    hash: Text = column("Short id in URLs.")
    langs: UserObject = column("Title, slug and description, by language.")
    published: Boolean = column("True if it is published.")
    positions: Values = column("Order of its articles.")
    parent: Reference = column("Category above it.")
    external_id: Text = column("Id in another system.")
    icon: Text = column("Name of the icon.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    created_by: Reference = column("User who created it.")
    org: Reference = column("Organization that it belongs to.")


class KbInternalCategories(ListStream):
    """Categories of internal articles."""

    name = "kb_internal_categories"
    endpoints = (Endpoint("/kb/internal/categories", roles=KB_ROLES),)
    row = KbInternalCategoryRow
    record = one_record("/kb/internal/categories/{id}")


class KbKnowledgeBaseRow(RemovableRow):
    """A knowledge base."""

    name: Text = column("Name.")
    subdomain: Text = column("Subdomain.")
    base_url: Text = column("Base URL.")
    logo: Text = column("URL of the logo.")
    favicon: Text = column("URL of the favicon.")
    homepage_title: Text = column("Title of the home page.")
    default_language: Text = column("Default language.")
    languages: UserObject = column("Languages: `enabled` and `title`, by language.")
    default: Boolean = column("True if it is the default knowledge base.")
    include_all_data: Boolean = column("True if it includes all articles.")
    no_index: Boolean = column("True if search engines must not index it.")
    brand: Reference = column("Brand.")
    theme: Reference = column("Theme.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    modified_at: Timestamp = column("Time of the last change by a user.")
    modified_by: Reference = column("User who last changed it.")
    org: Reference = column("Organization that it belongs to.")


class KbKnowledgeBases(ListStream):
    """Knowledge bases that articles or categories belong to; Kustomer does not list them."""

    name = "kb_knowledge_bases"
    endpoints = (Endpoint("/kb/knowledge-bases/{id}", roles=KB_ROLES, page_size=None),)
    row = KbKnowledgeBaseRow
    record = one_record("/kb/knowledge-bases/{id}")

    def probed(self) -> Endpoint:
        """Return the list of articles."""
        return KbArticles.endpoints[0]

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the knowledge bases that the articles and categories name."""
        ids: dict[str, None] = {}
        for article in _records(client, KbArticles.endpoints[0], self.name):
            named = attribute_of(article, "knowledgeBases")
            for one in named if isinstance(named, list) else []:
                ids[str(one.get("id") if isinstance(one, Mapping) else one)] = None
        for category in _records(client, KbCategories.endpoints[0], self.name):
            if (target := target_of(category, "knowledgeBase")) is not None:
                ids[target] = None
        for identity in ids:
            one = with_ids(endpoint, stream=self.name, id=identity)
            if one is None:
                continue
            try:
                yield from read_endpoint(client, one, stream=self.name)
            except NotFound:
                continue  # it was deleted, and the article still names it


def _records(client: Client, endpoint: Endpoint, stream: str) -> Iterator[Mapping[str, Any]]:
    for page in read_endpoint(client, endpoint, stream=stream):
        yield from page.data


class KbArticleVersionRow(Row):
    """A version of an article in a language, with its text."""

    lang: Text = column("Language.")
    title: Text = column("Title.")
    slug: Text = column("Slug in URLs.")
    html_body: Text = column("Text, as HTML.")
    status: Text = column("draft or published.")
    scope: Text = column("Who can read it.")
    version: Number = column("Number of the version.")
    advanced: Boolean = column("True if it was written as code.")
    meta_description: Text = column("Meta description, for search engines.")
    meta_keywords: Values = column("Meta keywords, for search engines.")
    tags: Values = column("Tags of articles.")
    categories: Values = column("Categories: id and knowledge base.")
    categories_data: References = column("Categories, as references.")
    article: Reference = column("Article.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    modified_at: Timestamp = column("Time of the last change by a user.")
    published_at: Timestamp = column("Time of publication.")
    created_by: Reference = column("User who created it.")
    modified_by: Reference = column("User who last changed it.")
    published_by: Reference = column("User who published it.")
    org: Reference = column("Organization that it belongs to.")
    rev: Integer = column("Revision number, increased by every change.")


class KbArticleVersions(NestedListStream):
    """All versions of the articles that have changed, in every language, with their text."""

    name = "kb_article_versions"
    parents = KbArticles.endpoints[0]
    only_changed_parents = True
    endpoints = (Endpoint("/kb/articles/{id}/versions/{lang}", roles=KB_ROLES),)
    row = KbArticleVersionRow

    def below(self, parent: Mapping[str, Any], since: int) -> Iterator[Endpoint]:
        """Yield an endpoint per language of an article."""
        article = with_versions_by_language(parent)
        languages: dict[str, None] = {}
        for name in ("langVersions", "publishedVersions", "unpublishedVersions"):
            versions = attribute_of(article, name)
            languages.update(dict.fromkeys(versions if isinstance(versions, Mapping) else ()))
        for language in languages:
            endpoint = with_ids(
                self.endpoints[0], stream=self.name, id=parent.get("id"), lang=language
            )
            if endpoint is not None:
                yield endpoint


class KbFormRow(RemovableRow, TrackedRow):
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
    record = one_record("/kb/forms/{id}")


class KbRouteRow(RemovableRow, TrackedRow):
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
    record = one_record("/kb/routes/{id}")


class KbTagRow(RemovableRow, TrackedRow):
    """A tag of articles."""

    name: Text = column("Name.")


class KbTags(ListStream):
    """Tags of articles, which are not those of conversations."""

    name = "kb_tags"
    endpoints = (Endpoint("/v3/kb/tags", roles=KB_ROLES, older_path="/kb/tags"),)
    row = KbTagRow
    record = one_record("/v3/kb/tags/{id}", older_path="/kb/tags/{id}")


class KbTemplateRow(RemovableRow, TrackedRow):
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
    record = one_record("/v3/kb/templates/{id}", older_path="/kb/templates/{id}")


class KbThemeRow(RemovableRow, TrackedRow):
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
    record = one_record("/v3/kb/themes/{id}", older_path="/kb/themes/{id}")
