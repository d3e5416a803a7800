"""What Airbyte asks of `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integration_tests.connector import ROOT, Connector
from kustomer_sandbox import Sandbox


def test_a_good_configuration_succeeds_with_one_message(connector: Connector) -> None:
    output = connector.command("check")
    assert output.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]
    assert output.code == 0


def test_a_wrong_key_fails_with_one_message_that_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    config = json.loads((ROOT / "integration_tests/invalid_config.json").read_text())
    output = Connector(tmp_path, sandbox.url, config).command("check")
    (status,) = output.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert "does not accept the API key" in status["message"]


@pytest.mark.parametrize("config", [{}, {"api_key": ""}, {"api_key": "a-key-1", "region": "Mars"}])
def test_an_unusable_configuration_fails_with_one_status_or_one_error(
    sandbox: Sandbox, tmp_path: Path, config: dict[str, str]
) -> None:
    output = Connector(tmp_path, sandbox.url, config).command("check")
    failed = [s for s in output.of("CONNECTION_STATUS") if s["status"] == "FAILED"]
    assert len(failed) + len(output.errors) == 1
    assert output.code != 0
