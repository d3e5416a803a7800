"""Customers and their companies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.search_or_list import SearchOrListStream
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Objects,
    Reference,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
    free_text,
)
from source_kustomer.rows.objects import (
    AccessOverride,
    CompanySummary,
    EmailAddress,
    Location,
    MessageSummary,
    PhoneNumber,
    SatisfactionResponse,
    Sentiment,
    SocialAccount,
    Website,
)
from source_kustomer.rows.row import DeletableRow


class ExternalId(Nested):
    """An id in another system."""

    id: Text
    external_id: Text
    verified: Boolean


class FacebookId(Nested):
    """A Facebook account, as one page knows it."""

    user_id: Text
    page_id: Text
    name: Text


class InstagramId(Nested):
    """An Instagram account, as one page knows it."""

    instagram_id: Text
    page_id: Text
    thread_id: Text
    username: Text


class LatestLocation(Nested):
    """The latest location of a customer."""

    location: Object[Location]
    updated_at: Timestamp


class ConversationCounts(Nested):
    """Numbers of conversations, by status."""

    open: Integer
    snoozed: Integer
    done: Integer
    all: Integer


class ConversationSummary(Nested):
    """A conversation as its customer shows it."""

    id: Text
    channels: Texts
    tags: Texts
    sentiment: Object[Sentiment]


class Preview(Nested):
    """The beginning of a message."""

    type: Text
    channel: Text
    subject: Text = free_text()
    text: Text = free_text()
    preview_at: Timestamp


class CustomerSatisfaction(Nested):
    """Averages and answers of the satisfaction surveys of a customer."""

    count: Integer
    acknowledge_count: Integer
    avg_rating: Number
    avg_score: Number
    answers: Values = free_text()
    first_satisfaction: Object[SatisfactionResponse]
    last_satisfaction: Object[SatisfactionResponse]


class TimelineItemMeta(Nested):
    """Data of a timeline item."""

    klass_name: Text
    kobject: Boolean


class TimelineItem(Nested):
    """An item of a customer's timeline."""

    id: Text
    type: Text
    updated_at: Timestamp
    meta: Object[TimelineItemMeta]


class UnmaskingWindow(Nested):
    """A period in which masked values are visible."""

    requested_by: Text
    start_date: Timestamp
    end_date: Timestamp
    created_at: Timestamp
    updated_at: Timestamp


class CustomerRow(DeletableRow):
    """A customer: a person who has contacted the organization, or who was imported."""

    renames: ClassVar[Mapping[str, str]] = {"extenalId": "external_id"}  # as examples spell it

    name: Text = column("Full name.")
    display_name: Text = column("Name that agents see.")
    first_name: Text = column("First name.")
    last_name: Text = column("Last name.")
    username: Text = column("User name.")
    company: Reference = column("Company of the customer.")
    company_name: Text = column("Name of the company.")
    first_company: Object[CompanySummary] = column("First company of the customer.")
    external_id: Text = column("First id in another system.")
    external_ids: Objects[ExternalId] = column(
        "Ids in other systems, each with its verification state."
    )
    shared_external_ids: Objects[ExternalId] = column(
        "Ids in other systems shared with other customers."
    )
    emails: Objects[EmailAddress] = column("Email addresses: address, type, verification state.")
    shared_emails: Objects[EmailAddress] = column("Email addresses shared with other customers.")
    phones: Objects[PhoneNumber] = column("Phone numbers: number, type, verification state.")
    shared_phones: Objects[PhoneNumber] = column("Phone numbers shared with other customers.")
    whatsapps: Objects[PhoneNumber] = column("WhatsApp numbers.")
    shared_whatsapps: Objects[PhoneNumber] = column("WhatsApp numbers shared with other customers.")
    facebook_ids: Objects[FacebookId] = column("Facebook ids.")
    instagram_ids: Objects[InstagramId] = column("Instagram ids.")
    smooch_ids: Values = column("Smooch (Sunshine Conversations) ids.")
    socials: Objects[SocialAccount] = column(
        "Social media accounts: type, user id, user name, URL."
    )
    shared_socials: Objects[SocialAccount] = column(
        "Social media accounts shared with other customers."
    )
    urls: Objects[Website] = column("Websites.")
    locations: Objects[Location] = column("Postal addresses and other locations.")
    recent_location: Object[LatestLocation] = column("Latest location, by IP address.")
    locale: Text = column("Locale.")
    default_lang: Text = column("Language for messages to the customer.")
    time_zone: Text = column("Time zone, by its IANA name.")
    birthday_at: Timestamp = column("Date of birth.")
    gender: Text = column("m, f, or another abbreviation.")
    avatar_url: Text = column("URL of the avatar.")
    display_color: Text = column("Colour of the avatar where there is no image.")
    display_icon: Text = column("Icon of the avatar where there is no image.")
    presence: Text = column("online or offline.")
    verified: Boolean = column("True if the customer's identity is verified.")
    tags: Texts = column("Ids of the customer's tags.")
    custom: UserObject = column("Custom attributes of customers, by name.")
    progressive_status: Text = column(
        "Most active status among the customer's conversations: open, then snoozed, then done."
    )
    conversation_counts: Object[ConversationCounts] = column(
        "Number of conversations: open, snoozed, done, all."
    )
    last_conversation: Object[ConversationSummary] = column(
        "Latest conversation: id, channels, tags."
    )
    preview: Object[Preview] = column("Beginning of the latest message: text, time, channel.")
    last_message_at: Timestamp = column("Time of the latest message.")
    last_message_in: Object[MessageSummary] = column(
        "Latest message from the customer: time, channel, sentiment."
    )
    last_message_out: Object[MessageSummary] = column("Latest message to the customer.")
    last_message_unresponded_to: Object[MessageSummary] = column(
        "Oldest message from the customer that has no reply yet."
    )
    last_activity_at: Timestamp = column("Time of the latest activity.")
    last_customer_activity_at: Timestamp = column("Time of the latest activity by the customer.")
    last_seen_at: Timestamp = column("Time of the latest visit to a website or an app.")
    signed_up_at: Timestamp = column("Time of sign-up.")
    satisfaction_level: Object[CustomerSatisfaction] = column(
        "Satisfaction: latest survey, averages, counts."
    )
    sentiment: Object[Sentiment] = column(
        "Sentiment of the customer's messages: polarity and confidence."
    )
    active_users: Values = column("Users who are working on the customer's timeline.")
    watchers: Values = column("Users who watch the customer.")
    recent_items: Objects[TimelineItem] = column("Latest items of the customer's timeline.")
    access_override: Objects[AccessOverride] = column(
        "Access rules of its own, instead of the general ones."
    )
    role_group_versions: Values = column("Versions of the role groups that control access.")
    unmasking_window: Object[UnmaskingWindow] = column(
        "Time until which masked values are visible, and for whom."
    )
    imported_at: Timestamp = column("Time of import from another system.")
    rev: Integer = column("Revision number, increased by every change.")


class Customers(SearchStream):
    """Customers: names, contact data, activity, satisfaction and custom attributes."""

    name = "customers"
    query_context = "customer"
    sorted_list = Endpoint("/customers", {"sort": "updatedAt"})
    row = CustomerRow
    record = one_record("/customers/{id}")
    audited_as = "customer"
    custom_resource = "customer"
    suggested = True


class Domain(Nested):
    """An internet domain."""

    domain: Text

    @staticmethod
    def key_of(text: str) -> str | None:
        """Return the key of a name without properties."""
        return "domain"


class CompanyRow(DeletableRow):
    """A company that customers belong to."""

    renames: ClassVar[Mapping[str, str]] = {"extenalId": "external_id"}  # as an example spells it

    name: Text = column("Name.")
    external_id: Text = column("Id in another system.")
    custom: UserObject = column("Custom attributes of companies, by name.")
    avatar_url: Text = column("URL of the avatar.")
    employee_count: Integer = column("Number of employees.")
    default_lang: Text = column("Language for messages to the company.")
    domains: Objects[Domain] = column("Internet domains.")
    emails: Objects[EmailAddress] = column("Email addresses.")
    phones: Objects[PhoneNumber] = column("Phone numbers.")
    whatsapps: Objects[PhoneNumber] = column("WhatsApp numbers.")
    socials: Objects[SocialAccount] = column("Social media accounts.")
    urls: Objects[Website] = column("Websites.")
    locations: Objects[Location] = column("Postal addresses.")
    tags: Values = column("Tags.")
    role_group_versions: Values = column("Versions of the role groups that control access.")
    imported_at: Timestamp = column("Time of import from another system.")
    rev: Integer = column("Revision number, increased by every change.")


class Companies(SearchOrListStream):
    """Companies of customers."""

    name = "companies"
    query_context = "company"
    endpoints = (
        Endpoint("/companies", roles=("org.permission.company.read", "org.user.company.read")),
    )
    row = CompanyRow
    record = one_record("/companies/{id}")
    custom_resource = "company"
    suggested = True
