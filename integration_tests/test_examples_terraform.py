"""examples/terraform: parsed, and compared with the connector and the provider's documentation.

The provider is not available here, so `terraform validate` cannot run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

from integration_tests.connector import ROOT
from source_kustomer.config import Config
from source_kustomer.streams import STREAMS

EXAMPLE = ROOT / "examples/terraform"
FILES = [*sorted(EXAMPLE.glob("*.tf")), EXAMPLE / "terraform.tfvars.example"]
ARGUMENTS = {
    "airbyte_source_definition": {
        "required": {"docker_image_tag", "docker_repository", "name", "workspace_id"},
        "optional": {"documentation_url"},
    },
    "airbyte_source": {
        "required": {"configuration", "name", "workspace_id"},
        "optional": {"definition_id", "resource_allocation", "secret_id"},
    },
    "airbyte_destination": {
        "required": {"configuration", "name", "workspace_id"},
        "optional": {"definition_id", "resource_allocation"},
    },
    "airbyte_connection": {
        "required": {"destination_id", "source_id"},
        "optional": {
            *("configurations", "data_residency", "name", "namespace_definition"),
            *("namespace_format", "non_breaking_schema_updates_behavior", "prefix", "schedule"),
            "status",
        },
    },
}
"""The arguments in the documentation of Airbyte's provider, version 1."""


def parsed(path: Path) -> dict[str, Any]:
    with path.open() as file:
        return dict(hcl2.load(file))


def names_in(block: dict[str, Any]) -> set[str]:
    """The names in a block, without the parser's own entries such as __comments__."""
    return {name.strip('"') for name in block if not name.startswith("__")}


@pytest.fixture(scope="module")
def text() -> str:
    return "\n".join(path.read_text() for path in EXAMPLE.glob("*.tf"))


def resources() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The type, the name and the arguments of each resource."""
    for block in parsed(EXAMPLE / "main.tf")["resource"]:
        for kind, named in block.items():
            for name, arguments in named.items():
                yield kind.strip('"'), name.strip('"'), arguments


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_is_valid_hcl(path: Path) -> None:
    assert parsed(path)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_it_has_the_form_that_terraform_writes(tmp_path: Path) -> None:
    for path in FILES:
        shutil.copy(path, tmp_path / path.name.removesuffix(".example"))
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_source_a_destination_and_a_connection_have_the_providers_arguments() -> None:
    found = {kind: names_in(arguments) - {"for_each"} for kind, _, arguments in resources()}
    assert set(found) == set(ARGUMENTS)
    for kind, arguments in found.items():
        assert ARGUMENTS[kind]["required"] <= arguments
        assert arguments <= ARGUMENTS[kind]["required"] | ARGUMENTS[kind]["optional"]


def test_every_reference_leads_somewhere(text: str) -> None:
    declared = set().union(*map(names_in, parsed(EXAMPLE / "variables.tf")["variable"]))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    assert names_in(parsed(EXAMPLE / "terraform.tfvars.example")) <= declared
    names = {(kind, name) for kind, name, _ in resources()}
    assert set(re.findall(r"= (airbyte_\w+)\.(\w+)[.[]", text)) <= names


def test_the_source_is_configured_with_fields_of_the_form(text: str) -> None:
    block = text.partition('resource "airbyte_source" "kustomer"')[2].partition("\n}\n")[0]
    fields = re.findall(r"^    (\w+) += ", block.partition("jsonencode({")[2], re.MULTILINE)
    assert "api_key" in fields
    assert set(fields[:3]) <= set(Config.model_fields)


def test_the_default_streams_exist_and_are_incremental(text: str) -> None:
    (default,) = re.findall(r"optional\(list\(string\), \[(.*)\]\)", text)
    incremental = {stream.name for stream in STREAMS if stream.cursor_field is not None}
    assert set(re.findall(r'"(\w+)"', default)) <= incremental


def test_secrets_are_marked_sensitive() -> None:
    variables = {
        name.strip('"'): content
        for block in parsed(EXAMPLE / "variables.tf")["variable"]
        for name, content in block.items()
    }
    sensitive = {name for name, content in variables.items() if content.get("sensitive")}
    assert {"airbyte", "api_keys", "warehouse"} <= sensitive
    assert not sensitive & names_in(parsed(EXAMPLE / "terraform.tfvars.example"))
