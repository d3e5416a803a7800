"""What Airbyte's registry asks of metadata.yaml and the icon."""

from __future__ import annotations

import fnmatch
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import yaml
from airbyte_cdk.models.connector_metadata import ConnectorLanguage, MetadataFile

from integration_tests.connector import ROOT
from source_kustomer.config import REGION_HOSTS, Config
from source_kustomer.streams import STREAMS

FILE = ROOT / "metadata.yaml"
CERTIFIED = 400


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text())["data"])


def test_the_cdk_can_read_it_and_takes_it_for_python() -> None:
    metadata = MetadataFile.from_file(FILE).data
    assert metadata.language is ConnectorLanguage.PYTHON
    assert metadata.dockerRepository == "airbyte/source-kustomer"
    assert metadata.connectorBuildOptions and metadata.connectorBuildOptions.baseImage


def test_it_is_valid_by_airbytes_model_which_refuses_unknown_keys() -> None:
    models = pytest.importorskip(
        "airbyte_connector_models.metadata.v0.connector_metadata_definition_v0",
        reason="Airbyte publishes the model of metadata.yaml for Python up to 3.12",
    )
    content = yaml.safe_load(FILE.read_text())
    model = models.ConnectorMetadataDefinitionV0
    assert model.model_validate(content).data.name == "Kustomer"
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        model.model_validate({**content, "data": {**content["data"], "unheardOf": 1}})


def test_the_tags_name_one_language_and_one_cdk(data: dict[str, Any]) -> None:
    tags = [tag.split(":") for tag in data["tags"]]
    assert all(len(tag) == 2 for tag in tags)
    assert sorted(tags) == [["cdk", "python"], ["language", "python"]]


def test_exactly_the_hosts_that_the_connector_sends_requests_to_are_allowed(
    data: dict[str, Any],
) -> None:
    allowed = data["allowedHosts"]["hosts"]
    own = Config.parse({"api_key": "a-key-1", "organization": "acme"}).base_url.split("/")[2]
    for host in (*REGION_HOSTS.values(), own):
        assert any(fnmatch.fnmatch(host, pattern) for pattern in allowed), host
    assert all(pattern.endswith(".kustomerapp.com") for pattern in allowed)


def test_the_suggested_streams_are_those_that_are_declared_so(data: dict[str, Any]) -> None:
    declared = [stream.name for stream in STREAMS if stream.suggested]
    assert data["suggestedStreams"]["streams"] == declared


def test_every_suite_of_tests_is_listed_and_needs_no_secret(data: dict[str, Any]) -> None:
    suites = data["connectorTestSuitesOptions"]
    assert [suite["suite"] for suite in suites] == [
        "unitTests",
        "integrationTests",
        "acceptanceTests",
    ]
    assert not any("testSecrets" in suite for suite in suites)


def test_it_asks_for_the_strict_checks_and_meets_their_demands(data: dict[str, Any]) -> None:
    assert data["ab_internal"]["ql"] >= CERTIFIED
    assert data["maxSecondsBetweenMessages"] > 0
    assert data["supportLevel"] == "community"
    assert data["registryOverrides"] == {"oss": {"enabled": True}, "cloud": {"enabled": True}}


def test_the_icon_is_a_square_vector_drawing_without_scripts_or_links(
    data: dict[str, Any],
) -> None:
    icon = ET.parse(ROOT / data["icon"]).getroot()
    namespace = "{http://www.w3.org/2000/svg}"
    assert icon.tag == f"{namespace}svg"
    left, top, width, height = map(float, icon.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    assert width == height > 0
    assert icon.attrib["width"] == icon.attrib["height"]
    drawn = {element.tag.removeprefix(namespace) for element in icon.iter()}
    assert drawn <= {"svg", "g", "rect", "path", "circle"}
    assert not any("href" in name for element in icon.iter() for name in element.attrib)


def test_nothing_that_is_published_names_an_unencrypted_address() -> None:
    """By Airbyte's rule: but for schemas, this machine, comments and lines marked so."""
    allowed = ("http://json-schema.org", "http://localhost")
    for path in (*(ROOT / "source_kustomer").rglob("*.py"), ROOT / "main.py", FILE):
        for line in path.read_text().splitlines():
            if not line.strip().startswith("#") and not line.endswith("# ignore-https-check"):
                addresses = re.findall(r"http://[^\s\"'`)]*", line)
                assert all(address.startswith(allowed) for address in addresses), (path, line)
