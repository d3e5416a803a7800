"""Satisfaction surveys: their definitions and the responses to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from source_kustomer.engine.batches import NamedStream
from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.lists import ListStream
from source_kustomer.kustomer.documents import attribute_of, target_of
from source_kustomer.rows.columns import (
    Boolean,
    Nested,
    Number,
    Object,
    Reference,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.row import RemovableRow, Row, TrackedRow
from source_kustomer.streams.conversations import Conversations
from source_kustomer.timestamps import parse_timestamp

RESPONSE_ROLES: Final = (
    "org.permission.satisfaction_response.read",
    "org.permission.satisfaction.read",
    "org.user.satisfaction.read",
)


class RatingScale(Nested):
    """The scale of a survey."""

    type: Text
    options: Number
    label_low: Text
    label_high: Text


class SurveySender(Nested):
    """The account that sends a survey."""

    app: Text
    channel: Text
    account: Text


class SatisfactionSurveyRow(RemovableRow, TrackedRow):
    """The definition of a satisfaction survey."""

    # Observed surveys have `modified` where all other objects have `modifiedAt`.
    renames: ClassVar[Mapping[str, str]] = {"from": "sender", "modified": "modified_at"}

    name: Text = column("Name.")
    description: Text = column("Description.")
    meta_title: Text = column("Title of the rating page.")
    meta_description: Text = column("Description of the rating page.")
    enabled: Boolean = column("True if it is enabled.")
    channel: Text = column("Channel that it is sent through.")
    criteria: UserObject = column("Search criteria of the conversations that it is sent for.")
    delay_time: Number = column("Delay between the conversation and the survey.")
    form_type: Text = column("Type of survey.")
    scale: Object[RatingScale] = column("Rating scale.")
    sender: Object[SurveySender] = column("Sender (`from` in Kustomer's API).")
    introduction: Text = column("Text before the rating.")
    rating_prompt: Text = column("Question that asks for the rating.")
    follow_up_type: Text = column("Type of the follow-up questions.")
    questions: Values = column("Follow-up questions.")
    all_questions: Values = column("Follow-up questions after any rating.")
    positive_questions: Values = column("Follow-up questions after a positive rating.")
    negative_questions: Values = column("Follow-up questions after a negative rating.")
    template: Reference = column("Template that it is written with.")


class SatisfactionSurveys(ListStream):
    """Definitions of satisfaction surveys. The answers are in the conversations."""

    name = "satisfaction_surveys"
    endpoints = (
        Endpoint(
            "/satisfaction",
            roles=("org.permission.satisfaction.read", "org.user.satisfaction.read"),
        ),
    )
    row = SatisfactionSurveyRow
    is_removed_when_unlisted = True


class SatisfactionResponseRow(Row):
    """The response of a customer to a satisfaction survey about a conversation."""

    form_type: Text = column("Type of survey.")
    channel: Text = column("Channel that the survey was sent through.")
    app: Text = column("App that delivered the survey.")
    status: Text = column("offered, rated, commented, unresponded or canceled.")
    answers: Values = column("Answers to the follow-up questions.", free_text=True)
    rating: Number = column("Rating.")
    score: Number = column("Score.")
    scheduled_for: Timestamp = column("Scheduled time of sending.")
    sent_at: Timestamp = column("Time of sending.")
    first_read_at: Timestamp = column("Time when it was first read.")
    submitted_at: Timestamp = column("Time of submission.")
    locked_at: Timestamp = column("Time when it was locked.")
    completed_at: Timestamp = column("Time of completion.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    modified_at: Timestamp = column("Time of the last change by a user.")
    satisfaction: Reference = column("Survey.")
    customer: Reference = column("Customer.")
    conversation: Reference = column("Conversation.")
    org: Reference = column("Organization that it belongs to.")


class SatisfactionResponses(NamedStream):
    """Responses to satisfaction surveys, with the times of reading, submission and completion.

    Kustomer does not list them. They are requested by the ids in conversations, if the survey has
    changed since the last sync. Responses to earlier surveys of a conversation are not included.
    """

    name = "satisfaction_responses"
    parent = Conversations
    endpoints = (Endpoint("/satisfaction-responses/{id}", roles=RESPONSE_ROLES, page_size=None),)
    row = SatisfactionResponseRow

    def needs(self, parent: Mapping[str, Any], since: int) -> bool:
        """Return whether a conversation has a survey that has changed."""
        survey = attribute_of(parent, "satisfactionLevel")
        updated_at = survey.get("updatedAt") if isinstance(survey, Mapping) else None
        changed_at = parse_timestamp(updated_at)
        return bool(self.related(parent)) and (changed_at is None or changed_at >= since)

    def related(self, parent: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the id of the response to a conversation's latest survey."""
        survey = attribute_of(parent, "satisfactionLevel")
        named = survey.get("formResponse") if isinstance(survey, Mapping) else None
        identity = named or target_of(parent, "satisfactionResponse")
        return (str(identity),) if identity else ()
