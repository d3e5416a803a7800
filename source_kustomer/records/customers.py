"""Rows of the people and companies that a support desk serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Object,
    Objects,
    Reference,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.record import DeletableRecord


class CustomerRecord(DeletableRecord):
    """A customer: everyone who has ever written, and who was imported."""

    # A slip that the API's own examples have.
    renames: ClassVar[Mapping[str, str]] = {"extenalId": "external_id"}

    name: Text = column("The full name.")
    display_name: Text = column("The name that agents see.")
    first_name: Text = column("The first name.")
    last_name: Text = column("The last name.")
    username: Text = column("The name that the customer signs in with.")
    company: Reference = column("The company that the customer belongs to.")
    company_name: Text = column("The name of the customer's company.")
    first_company: Object = column("The first company that the customer belonged to.")
    external_id: Text = column("The first of the customer's ids in other systems.")
    external_ids: Objects = column("The customer's ids in other systems, each with its state.")
    shared_external_ids: Values = column("Ids that several customers share.")
    emails: Objects = column("Email addresses: type, verified or not, the address.")
    shared_emails: Values = column("Email addresses that several customers share.")
    phones: Objects = column("Telephone numbers: type, verified or not, the number.")
    shared_phones: Values = column("Telephone numbers that several customers share.")
    whatsapps: Values = column("WhatsApp numbers.")
    shared_whatsapps: Values = column("WhatsApp numbers that several customers share.")
    facebook_ids: Values = column("Ids at Facebook.")
    instagram_ids: Values = column("Ids at Instagram.")
    smooch_ids: Values = column("Ids at Smooch (Sunshine Conversations).")
    socials: Objects = column("Accounts at social networks: type, user id, user name, address.")
    shared_socials: Values = column("Accounts at social networks that several customers share.")
    urls: Objects = column("Web addresses of the customer.")
    locations: Objects = column("Postal addresses and other places.")
    recent_location: Object = column("Where the customer was last seen, by network address.")
    locale: Text = column("The customer's locale.")
    default_lang: Text = column("The language the customer is written to in.")
    time_zone: Text = column("The customer's time zone, by its IANA name.")
    birthday_at: Timestamp = column("The customer's day of birth.")
    gender: Text = column("m, f, or another abbreviation.")
    avatar_url: Text = column("The address of a picture.")
    display_color: Text = column(
        "The colour that stands for the customer where there is no picture."
    )
    display_icon: Text = column("The icon that stands for the customer where there is no picture.")
    presence: Text = column("Whether the customer is online.")
    verified: Boolean = column("Whether the customer's identity is verified.")
    tags: Texts = column("Ids of the customer's tags.")
    custom: UserObject = column("The organization's own attributes of customers, by name.")
    progressive_status: Text = column("The liveliest status among the conversations: open first.")
    conversation_counts: Object = column("How many conversations: open, snoozed, done, all.")
    last_conversation: Object = column("The latest conversation: its id, channels, tags.")
    preview: Object = column("The beginning of the latest message: when, its text, its channel.")
    last_message_at: Timestamp = column("When the latest message was sent or received.")
    last_message_in: Object = column("The customer's latest message: when, its channel, its mood.")
    last_message_out: Object = column("The latest message to the customer.")
    last_message_unresponded_to: Object = column(
        "The customer's message that has waited longest for an answer."
    )
    last_activity_at: Timestamp = column("When anything last happened with the customer.")
    last_customer_activity_at: Timestamp = column("When the customer last did something.")
    last_seen_at: Timestamp = column("When the customer was last seen on a website or in an app.")
    signed_up_at: Timestamp = column("When the customer signed up.")
    satisfaction_level: Object = column("Satisfaction: the latest survey, averages, counts.")
    sentiment: Object = column("The mood of the messages: polarity and confidence.")
    active_users: Values = column("Users who work with the customer at the moment.")
    watchers: Values = column("Users who watch the customer.")
    recent_items: Values = column("What happened last on the customer's timeline.")
    access_override: Values = column("Who may see the customer, where that departs from the rules.")
    role_group_versions: Values = column("Versions of the role groups that govern access.")
    unmasking_window: Object = column("Until when masked values may be seen, and by whom.")
    imported_at: Timestamp = column("When the customer was imported from another system.")
    rev: Integer = column("The revision, counted up by every change.")


class CompanyRecord(DeletableRecord):
    """A company that customers belong to."""

    renames: ClassVar[Mapping[str, str]] = {"extenalId": "external_id"}  # as an example spells it

    name: Text = column("The company's name.")
    external_id: Text = column("Its id in another system.")
    custom: UserObject = column("The organization's own attributes of companies, by name.")
    avatar_url: Text = column("The address of a picture.")
    employee_count: Integer = column("How many people it employs.")
    default_lang: Text = column("The language that it is written to in.")
    domains: Values = column("Its internet domains.")
    emails: Values = column("Its email addresses.")
    phones: Values = column("Its telephone numbers.")
    whatsapps: Values = column("Its WhatsApp numbers.")
    socials: Values = column("Its accounts in social networks.")
    urls: Values = column("Its websites.")
    locations: Values = column("Its postal addresses.")
    tags: Values = column("Its tags.")
    role_group_versions: Values = column("Versions of the role groups that govern access to it.")
    imported_at: Timestamp = column("When it was imported from another system.")
    rev: Integer = column("Its revision, counted up by every change.")
