"""Kustomer's AI features: automations, their evaluations, and summaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from source_kustomer.engine.batches import BatchStream
from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.nested import NestedListStream
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Objects,
    Reference,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
    free_text,
)
from source_kustomer.rows.row import RemovableRow, Row
from source_kustomer.streams.conversations import Conversations

AI_ROLES: Final = ("org.permission.assistant.read", "org.user.apps.read")
"""A plan without AI Agents answers 403 (or 401) with any roles."""


class AiRow(Row):
    """The columns that all records of the AI features have."""

    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")


class AiAutomationRow(RemovableRow, AiRow):
    """An AI automation (AI agent)."""

    renames: ClassVar[Mapping[str, str]] = {"type": "automation_type"}

    name: Text = column("Name.")
    description: Text = column("Description.")
    automation_type: Text = column("customer, rep, conversational or workflow.")
    version: Integer = column("Version.")
    machine_user_id: Text = column("Id of the machine user that it acts as; see users.")
    user: Reference = column("Machine user that it acts as.")
    modified_at: Timestamp = column("Time of the last change by a user.")
    modified_by: Reference = column("User who last changed it.")
    org: Reference = column("Organization that it belongs to.")


class AiAutomations(ListStream):
    """AI automations (AI agents). Their machine users are in users.

    Only organizations whose plan includes AI Agents have them.
    """

    name = "ai_automations"
    endpoints = (Endpoint("/ai/automations", roles=AI_ROLES),)
    row = AiAutomationRow
    record = one_record("/ai/automations/{id}")


class AiSummaryRow(AiRow):
    """A summary that AI has written of a record."""

    resource_id: Text = column("Id of the record.")
    resource_type: Text = column("Type of the record: conversation, customer or kobject.")
    text: Text = column("Text of the summary.", free_text=True)
    last_summarized_at: Timestamp = column("Time when the summary was written.")
    org: Reference = column("Organization that it belongs to.")


class AiSummaries(BatchStream):
    """AI summaries of conversations, read for the conversations that have changed.

    Only organizations whose plan includes AI Copilot or AI Summaries have them. A summary that is
    written without a change of its conversation is read when the conversation changes next.
    """

    name = "ai_summaries"
    parent = Conversations
    endpoints = (
        Endpoint(
            "/ai/summaries/batch",
            roles=(
                "org.permission.conversation.read",
                "org.permission.customer.read",
                "org.user.conversation.read",
                "org.user.customer.read",
            ),
        ),
    )
    ids_parameter = "resourceIds"
    owner_attribute = "resourceId"
    row = AiSummaryRow


class AiEvaluationRow(RemovableRow, AiRow):
    """An evaluation: a suite of test cases of an AI automation."""

    name: Text = column("Name.")
    automation_id: Text = column("Id of the AI automation.")
    org_id: Text = column("Id of the organization.")
    created_by: Text = column("Id of the user who created it.")
    org: Reference = column("Organization that it belongs to.")


class AiEvaluations(NestedListStream):
    """Evaluations of AI automations: suites of test cases."""

    name = "ai_evaluations"
    parents = Endpoint("/ai/automations", roles=AI_ROLES)
    endpoints = (Endpoint("/ai/automations/{id}/evaluations", roles=AI_ROLES),)
    row = AiEvaluationRow
    record = one_record("/ai/evaluations/{id}")


class AiEvaluationRunRow(RemovableRow, AiRow):
    """A run of an evaluation."""

    evaluation_id: Text = column("Id of the evaluation.")
    status: Text = column("pending, running or completed.")
    score: Number = column("Score, from 0 to 100.")
    score_by_test_case: UserObject = column("Score, by the id of the test case.")
    runs_per_test_case: Integer = column("Number of runs of each test case.")
    duration_in_nanos: Integer = column("Duration in nanoseconds.")
    org_id: Text = column("Id of the organization.")
    created_by: Text = column("Id of the user who created it.")


class AiEvaluationRuns(ListStream):
    """Runs of evaluations, with their scores."""

    name = "ai_evaluation_runs"
    endpoints = (Endpoint("/ai/evaluation-runs", roles=AI_ROLES),)
    row = AiEvaluationRunRow
    record = one_record("/ai/evaluation-runs/{id}")


class ExpectedToolCall(Nested):
    """A tool call that a test case expects."""

    id: Text
    name: Text
    tool_type: Text


class AiEvaluationTestcaseRow(RemovableRow, AiRow):
    """A test case of an evaluation."""

    name: Text = column("Name.")
    evaluation_id: Text = column("Id of the evaluation.")
    resource_id: Text = column("Id of the record that it is run for.")
    resource_type: Text = column("Type of the record that it is run for, such as customer.")
    input: Text = column("Input of the automation.", free_text=True)
    expected_output: Text = column("Expected output.", free_text=True)
    resume_node: Text = column("Node of the automation where it starts.")
    tool_calls: Objects[ExpectedToolCall] = column("Expected tool calls: id, name and type.")
    multi_turn_data: UserObject = column("Source conversation and message history.", free_text=True)
    created_by: Text = column("Id of the user who created it.")
    org: Reference = column("Organization that it belongs to.")


class AiEvaluationTestcases(ListStream):
    """Test cases of evaluations: input and expected output."""

    name = "ai_evaluation_testcases"
    endpoints = (Endpoint("/ai/evaluation-testcases", roles=AI_ROLES),)
    row = AiEvaluationTestcaseRow
    record = one_record("/ai/evaluation-testcases/{id}")


class ToolCall(Nested):
    """A tool call of an automation."""

    canonical_name: Text
    tool_type: Text
    tool_input: UserObject = free_text()
    tool_output: UserObject = free_text()


class Verdict(Nested):
    """The verdict on an output."""

    met: Boolean
    explanation: Text = free_text()
    confidence: Number


class Assertion(Nested):
    """The verdict on an output and the tool calls."""

    input_result: Object[Verdict]
    tool_calls_result: Values = free_text()
    assertion_failed: Boolean


class AiEvaluationTestcaseResultRow(RemovableRow, AiRow):
    """The result of a test case in a run."""

    evaluation_run_id: Text = column("Id of the run.")
    test_case_id: Text = column("Id of the test case.")
    trace_id: Text = column("Id of the trace.")
    status: Text = column("pending, running, completed or error.")
    input: Text = column("Input of the automation.", free_text=True)
    output: Text = column("Output of the automation.", free_text=True)
    output_metadata: UserObject = column("Metadata of the output.", free_text=True)
    error: Text = column("Error message.", free_text=True)
    tool_calls: Objects[ToolCall] = column("Tool calls: name, type, input and output.")
    assertion_result: Object[Assertion] = column(
        "Verdict on the output and the tool calls: met or not, explanation, confidence."
    )
    started_at: Timestamp = column("Start.")
    ended_at: Timestamp = column("End.")
    duration_in_nanos: Integer = column("Duration in nanoseconds.")
    created_by: Text = column("Id of the user who created it.")


class AiEvaluationTestcaseResults(ListStream):
    """Results of test cases: output, tool calls and verdict of each run."""

    name = "ai_evaluation_testcase_results"
    endpoints = (Endpoint("/ai/evaluation-testcase-results", roles=AI_ROLES),)
    row = AiEvaluationTestcaseResultRow
    record = one_record("/ai/evaluation-testcase-results/{id}")
