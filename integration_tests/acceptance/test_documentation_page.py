"""What Airbyte asks of a connector's documentation page: docs/kustomer.md.

The order of the headings and the fixed sentences are those of Airbyte's checks of connectors'
documentation (connectors_qa).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from integration_tests.connector import ROOT
from integration_tests.snapshots.__main__ import spec
from source_kustomer.config import DOCUMENTATION_URL
from source_kustomer.streams import STREAMS
from tools.streams_table import with_table

PAGE = ROOT / "docs/kustomer.md"
OWN = "{ sections of our own }"
HEADINGS = [
    "Kustomer",
    "Prerequisites",
    "Setup guide",
    "Set up Kustomer",
    "For Airbyte Cloud:",
    "For Airbyte Open Source:",
    OWN,
    "Set up the Kustomer connector in Airbyte",
    "For Airbyte Cloud:",
    "For Airbyte Open Source:",
    OWN,
    "Supported sync modes",
    "Supported Streams",
    OWN,
    "Performance considerations",
    "Data type map",
    "Limitations & Troubleshooting",
    OWN,
    "Tutorials",
    "Changelog",
]
REQUIRED = {
    "Kustomer",
    "Prerequisites",
    "Setup guide",
    "Set up Kustomer",
    "Supported sync modes",
    "Supported Streams",
    "Changelog",
}
# ruff: noqa: E501 - the sentences are Airbyte's
FIXED = {
    "Kustomer": """
<HideInUI>

This page contains the setup guide and reference information for the [Kustomer]({docs_link}) source connector.

</HideInUI>
""",
    "For Airbyte Cloud:": """
1. [Log into your Airbyte Cloud](https://cloud.airbyte.com/workspaces) account.
2. Click Sources and then click + New source.
3. On the Set up the source page, select Kustomer from the Source type dropdown.
4. Enter a name for the Kustomer connector.
""",
    "For Airbyte Open Source:": """
1. Navigate to the Airbyte Open Source dashboard.
""",
    "Supported sync modes": """
The Kustomer source connector supports the following [sync modes](https://docs.airbyte.com/cloud/core-concepts/#connection-sync-modes):
""",
    "Tutorials": """
Now that you have set up the Kustomer source connector, check out the following Kustomer tutorials:
""",
    "Changelog": """
<details>
  <summary>Expand to review</summary>
""",
}
"""What the section under a heading begins with, to the letter."""

PLANS = {"Professional": 300, "Business": 500, "Enterprise": 1000, "Ultimate": 2000}
SHARE, SEARCHES, ROWS = 0.8, 100, 500


@dataclass(frozen=True)
class Section:
    heading: str
    text: str


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text()


@pytest.fixture(scope="module")
def sections(page: str) -> list[Section]:
    parts = re.split(r"^#{1,4} (?:Step [12]: )?(.+)$", page, flags=re.MULTILINE)
    assert parts[0] == "", "it begins with its title"
    return [Section(*pair) for pair in zip(parts[1::2], parts[2::2], strict=True)]


@pytest.fixture(scope="module")
def form() -> dict[str, Any]:
    return spec()


def section(sections: list[Section], heading: str) -> str:
    (found,) = [one.text for one in sections if one.heading == heading]
    return found


def out_of_place(headings: list[str]) -> list[str]:
    """The headings that do not stand where Airbyte expects them, and those that are missing."""
    expected = list(HEADINGS)
    wrong = []
    for heading in headings:
        while expected and expected[0] != heading:
            if expected[0] == OWN and heading not in HEADINGS:
                break
            if expected[0] in REQUIRED:
                wrong.append(heading)
                break
            expected.pop(0)
        else:
            if expected:
                expected.pop(0)
            else:
                wrong.append(heading)
    return wrong + [heading for heading in expected if heading in REQUIRED]


def test_the_headings_have_the_names_and_the_order_that_airbyte_asks_for(
    sections: list[Section],
) -> None:
    assert out_of_place([one.heading for one in sections]) == []


def test_a_heading_out_of_order_would_be_noticed(sections: list[Section]) -> None:
    headings = [one.heading for one in sections]
    assert out_of_place(list(reversed(headings)))
    assert out_of_place([h for h in headings if h != "Prerequisites"])
    assert out_of_place(["Kustomer", "Something of ours", *headings[1:]])


@pytest.mark.parametrize("heading", FIXED)
def test_a_section_begins_with_the_sentences_that_airbyte_asks_for(
    sections: list[Section], heading: str
) -> None:
    text = section(sections, heading).removeprefix("\n")
    if heading == "Kustomer":
        text = re.sub(r"https?://[^\s)]+", "{docs_link}", text)
    assert text.startswith(FIXED[heading])


def test_the_prerequisites_name_every_required_field(
    sections: list[Section], form: dict[str, Any]
) -> None:
    text = section(sections, "Prerequisites").lower()
    for name in form["required"]:
        assert form["properties"][name]["title"].lower() in text


def test_every_field_of_the_form_has_an_explanation_next_to_it(
    page: str, form: dict[str, Any]
) -> None:
    anchors = dict(
        re.findall(r'<FieldAnchor field="(\w+)">(.*?)</FieldAnchor>', page, flags=re.DOTALL)
    )
    assert list(anchors) == list(form["properties"])
    for name, field in form["properties"].items():
        assert f"**{field['title']}**" in anchors[name], name
        assert ("(Optional)" in anchors[name]) == (
            name not in form["required"] and name != "region"
        )


def test_the_table_of_streams_is_current(page: str) -> None:
    assert page == with_table(page), "run `make docs`"


def test_every_stream_is_listed_with_a_role_that_opens_it(
    sections: list[Section],
) -> None:
    text = section(sections, "Supported Streams")
    for stream in (declaration() for declaration in STREAMS):
        (row,) = re.findall(rf"^\| `{stream.name}`.*$", text, flags=re.MULTILINE)
        assert not stream.roles or any(f"`{role}`" in row for role in stream.roles), row


def test_the_figures_follow_from_kustomers_limits(sections: list[Section]) -> None:
    text = section(sections, "Performance considerations")
    for plan, limit in PLANS.items():
        (row,) = re.findall(rf"^\| {plan} \|(.*)\|$", text, flags=re.MULTILINE)
        stated = [float(re.sub(r"[, min]", "", cell)) for cell in row.split("|")]
        used = limit * SHARE
        requests = 1_000_000 / ROWS
        rates = (SEARCHES * SHARE, used)
        minutes = [requests / min(rates), requests / used, 10_000 / used]
        assert stated[:2] == [limit, used]
        assert stated[2:] == pytest.approx(minutes, rel=0.05), plan


def test_links_within_the_page_lead_somewhere(page: str, sections: list[Section]) -> None:
    anchors = {re.sub(r"[^\w -]", "", one.heading.lower()).replace(" ", "-") for one in sections}
    for target in re.findall(r"\]\(([^)]+)\)", page):
        if target.startswith("#"):
            assert target[1:] in anchors, target


def test_addresses_are_safe_ones(page: str) -> None:
    assert "http://" not in page


def test_the_page_has_the_name_that_its_address_ends_in() -> None:
    assert f"https://docs.airbyte.com/integrations/sources/{PAGE.stem}" == DOCUMENTATION_URL
