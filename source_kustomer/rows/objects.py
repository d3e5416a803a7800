"""Nested objects that rows of several streams have."""

from __future__ import annotations

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Text,
    Texts,
    Timestamp,
    free_text,
)


class Sentiment(Nested):
    """The sentiment of messages."""

    polarity: Integer
    confidence: Number


class Location(Nested):
    """A postal address, or a place that was found by IP address."""

    id: Text
    type: Text
    name: Text
    address: Text
    address2: Text
    address3: Text
    city_name: Text
    zip_code: Text
    area_code: Text
    region_code: Text
    region_name: Text
    country_code: Text
    country_name: Text
    latitude: Number
    longitude: Number


class EmailAddress(Nested):
    """An email address of a customer or company."""

    id: Text
    type: Text
    email: Text
    verified: Boolean
    external_verified: Boolean

    @staticmethod
    def key_of(text: str) -> str | None:
        """Return the key of an address without its properties."""
        return "email"


class PhoneNumber(Nested):
    """A phone or WhatsApp number of a customer or company."""

    id: Text
    type: Text
    phone: Text
    verified: Boolean

    @staticmethod
    def key_of(text: str) -> str | None:
        """Return the key of a number without its properties."""
        return "phone"


class SocialAccount(Nested):
    """A social media account of a customer or company."""

    id: Text
    type: Text
    userid: Text
    username: Text
    url: Text
    verified: Boolean


class Website(Nested):
    """A website of a customer or company."""

    id: Text
    type: Text
    url: Text

    @staticmethod
    def key_of(text: str) -> str | None:
        """Return the key of a URL without its properties."""
        return "url"


class CompanySummary(Nested):
    """A company as other records show it."""

    id: Text
    name: Text


class AccessOverride(Nested):
    """A user with access of their own to a record."""

    user: Text


class SatisfactionResponse(Nested):
    """A satisfaction survey, and what the customer answered."""

    conversation: Text
    form: Text
    form_response: Text
    channel: Text
    status: Text
    rating: Number
    score: Number
    first_answer: Text = free_text()
    scheduled_for: Timestamp
    sent_at: Timestamp
    sent_by: Text
    sent_by_teams: Texts
    created_at: Timestamp
    updated_at: Timestamp


class Contact(Nested):
    """A sender or recipient of an email."""

    email: Text
    name: Text


class ResponseTime(Nested):
    """A duration in milliseconds, also in business hours."""

    time: Integer
    business_time: Integer


class Recipient(Nested):
    """A recipient of a message. Kustomer sends recipients as text, as objects and as lists."""

    email: Text
    name: Text
    display_name: Text
    external: Text
    contact: Text

    @staticmethod
    def key_of(text: str) -> str | None:
        """Return the key of an email address, or of another contact such as a phone number."""
        return "email" if "@" in text else "contact"


class MessageSummary(Nested):
    """A message as the record of a customer shows it."""

    channel: Text
    sent_at: Timestamp
    sentiment: Object[Sentiment]
