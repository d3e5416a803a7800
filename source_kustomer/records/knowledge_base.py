"""Rows of the knowledge base."""

from __future__ import annotations

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.record import DeletableRecord, TrackedRecord


class KbArticleRecord(DeletableRecord):
    """An article."""

    title: Text = column("The article's title.")
    status: Text = column("Whether it is a draft or published.")
    scope: Text = column("Who can read it.")
    source: Text = column("Where it came from.")
    hash: Text = column("Its short name in addresses.")
    published_at: Timestamp = column("When it was published.")
    lang_versions: UserObject = column("Its texts, by language.")
    latest_langs: UserObject = column("Its newest texts, by language.")
    categories: Values = column("Categories that it is filed under.")
    knowledge_bases: Values = column("Knowledge bases that it is in.")
    tags: Values = column("Its tags, which are not those of conversations.")
    meta_title: Text = column("Its title for search engines.")
    meta_description: Text = column("Its description for search engines.")
    meta_keywords: Values = column("Its keywords for search engines.")


class KbCategoryRecord(TrackedRecord):
    """A category of articles."""

    hash: Text = column("Its short name in addresses.")
    langs: UserObject = column("Its titles, by language.")
    published: Boolean = column("Whether it is published.")
    root: Boolean = column("Whether it is at the top.")
    positions: Values = column("The order of its articles.")
    category_positions: Values = column("The order of its categories.")


class KbFormRecord(TrackedRecord):
    """A contact form."""

    name: Text = column("The form's name.")
    channel: Text = column("The channel that its messages arrive by.")
    published: Boolean = column("Whether it is published.")
    published_at: Timestamp = column("When it was published.")
    slug: Text = column("Its name in addresses.")
    hash: Text = column("Its short name in addresses.")
    klass: Text = column("The custom object that it fills.")
    knowledge_base: Text = column("The knowledge base that it is in.")
    body: Text = column("Its text.")
    conditions: UserObject = column("When its parts are shown.")
    layout: Values = column("How its parts are laid out.")
    layout_v2: Values = column("How its parts are laid out, in the newer form.")
    components_v2: UserObject = column("What it is made of, in the newer form.")
    snippets: Values = column("Pieces of code in it.")
    advanced: Boolean = column("Whether it was written as code.")
    deflection: Boolean = column("Whether articles are offered before it is sent.")
    form_hook_enabled: Boolean = column("Whether a form hook takes in what is sent.")
    recaptcha: Boolean = column("Whether senders must show that they are no machine.")
    reply_from: Text = column("The address that answers are sent from.")
    wcag: Boolean = column("Whether it keeps to the guidelines for accessible pages.")


class KbRouteRecord(TrackedRecord):
    """An address of the knowledge base."""

    url: Text = column("The address.")
    routable_id: Text = column("Id of what is found there.")
    routable_type: Text = column("The kind of what is found there.")


class KbTagRecord(TrackedRecord):
    """A tag of articles."""

    name: Text = column("The tag's name.")


class KbTemplateRecord(TrackedRecord):
    """A template that themes are made from."""

    title: Text = column("The template's title.")
    description: Text = column("What it looks like.")
    version: Text = column("Its version.")
    beta: Boolean = column("Whether it is being tried out.")
    images: Values = column("Pictures of it.")
    jsx_snippets: Values = column("Pieces of code in it.")
    manifest: UserObject = column("What it is made of.")


class KbThemeRecord(TrackedRecord):
    """The look of a knowledge base."""

    name: Text = column("The theme's name.")
    active: Boolean = column("Whether it is in use.")
    custom: Boolean = column("Whether the organization made it.")
    default: Boolean = column("Whether it is the one used unless another is chosen.")
    status: Text = column("How far its making has come.")
    template_title: Text = column("The title of its template.")
    template_version: Text = column("The version of its template.")
    template_version_id: Text = column("The id of that version.")
    manifest: UserObject = column("What it is made of.")
    config_snippets: Values = column("Pieces of configuration in it.")
    jsx_snippets: Values = column("Pieces of code in it.")
    lastfile_updated_at: Timestamp = column("When one of its files last changed.")
    rev: Integer = column("Its revision, counted up by every change.")
