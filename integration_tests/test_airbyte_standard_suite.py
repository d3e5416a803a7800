"""Airbyte's standard tests, as the CDK ships them, driven by acceptance-test-config.yml."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from airbyte_cdk.test.standard_tests import (
    ConnectorTestScenario,
    DiscoveredCatalogWarning,
    SourceTestSuiteBase,
)
from airbyte_cdk.test.standard_tests.pytest_hooks import pytest_generate_tests  # noqa: F401

from integration_tests.connector import ALL_SEARCHES, UNLIMITED
from kustomer_sandbox import Sandbox
from source_kustomer.airbyte.source import API_URL_VARIABLE

ROOT = Path(__file__).resolve().parent.parent
_SECRETS = tempfile.TemporaryDirectory()
"""Stands for the folder `secrets/`, which may hold a real key and is left alone."""

pytestmark = pytest.mark.filterwarnings(
    f"error::{DiscoveredCatalogWarning.__module__}.{DiscoveredCatalogWarning.__name__}"
)


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[None]:
    with (
        Sandbox(600, **UNLIMITED) as sandbox,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv(API_URL_VARIABLE, sandbox.url)
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES}
        Path(_SECRETS.name, "config.json").write_text(json.dumps(config))
        yield


class TestSourceKustomer(SourceTestSuiteBase):
    """What they run on this connector. The image has tests of its own: test_image.py."""

    connector_name = "source-kustomer"  # by which the CDK finds source_kustomer.SourceKustomer

    test_docker_image_build_and_spec = None  # type: ignore[assignment]
    test_docker_image_spec_backward_compatibility = None  # type: ignore[assignment]
    test_docker_image_build_and_check = None  # type: ignore[assignment]
    test_docker_image_build_and_config_matches_spec = None  # type: ignore[assignment]
    test_docker_image_build_and_discover = None  # type: ignore[assignment]
    test_docker_image_build_and_read = None  # type: ignore[assignment]

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT

    @classmethod
    def get_scenarios(cls) -> list[ConnectorTestScenario]:
        return [
            scenario.model_copy(update={"config_path": Path(_SECRETS.name, path.name)})
            if (path := scenario.config_path) and path.parts[0] == "secrets"
            else scenario
            for scenario in super().get_scenarios()
        ]
