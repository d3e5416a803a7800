"""What the connector relies on in Airbyte's CDK; source_kustomer/airbyte/README.md lists it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from airbyte_cdk.models import (
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteStateBlob,
    ConfiguredAirbyteCatalogSerializer,
    FailureType,
    Level,
    Type,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from containers.slim import NEVER_LOADED, TESTS
from source_kustomer.airbyte.source import SourceKustomer

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "source_kustomer/airbyte"
PAGE = (FOLDER / "README.md").read_text()
REMOVED = sorted(
    pattern.replace("/", ".")
    for pattern in NEVER_LOADED
    if re.fullmatch(r"[\w/]+", pattern) and pattern != "bin"
)
REFUSE = f"""
import sys
from importlib.machinery import PathFinder
REMOVED, TESTS = {REMOVED!r}, {TESTS!r}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        is_test = parts[0] != "airbyte_cdk" and set(parts[1:]) & set(TESTS)
        if is_test:  # a folder of tests; a module of that name stays
            found = PathFinder.find_spec(name, path)
            is_test = found is not None and found.submodule_search_locations is not None
        for removed in REMOVED:
            if name == removed or name.startswith(removed + ".") or is_test:
                raise SystemExit(f"{{name}} is loaded: take it off the list in containers/slim.py")

sys.meta_path.insert(0, Refuse())
sys.argv = ["source-kustomer", "spec"]
from source_kustomer.airbyte.entrypoint import run
run()
"""


def test_the_page_lists_every_module_of_the_cdk_that_is_imported() -> None:
    imported = {
        node.module
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("airbyte_cdk")
    }
    listed = set(re.findall(r"^\| `(airbyte_cdk[a-z_.]*[a-z])", PAGE, re.MULTILINE))
    assert imported == listed, "the table in source_kustomer/airbyte/README.md is not up to date"


def test_nothing_that_is_removed_from_the_image_is_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["type"] == "SPEC"


def test_a_package_that_is_needed_cannot_be_removed_unnoticed() -> None:
    program = REFUSE.replace("REMOVED, TESTS = [", "REMOVED, TESTS = ['requests', ")
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "requests is loaded: take it off the list in containers/slim.py" in done.stderr


def test_the_serializer_returns_plain_json_without_members_that_are_none() -> None:
    message = AirbyteMessage(
        type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message="a text")
    )
    dumped = AirbyteMessageSerializer.dump(message)
    assert dumped == {"type": "LOG", "log": {"level": "INFO", "message": "a text"}}, (
        "AirbyteMessageSerializer.dump has changed: output.py masks the key in what it returns"
    )


def test_a_state_blob_keeps_its_fields_as_attributes() -> None:
    blob = AirbyteStateBlob(updated_at="x", done=[["a", "b"]])
    assert vars(blob) == {"updated_at": "x", "done": [["a", "b"]]}, (
        "AirbyteStateBlob has changed: inputs.py reads states with vars()"
    )


def test_a_catalog_that_is_not_valid_raises_an_exception_that_names_the_place() -> None:
    entry = {"stream": {"name": "teams"}, "sync_mode": "full_refresh"}
    with pytest.raises(Exception, match="streams/0/stream"):
        ConfiguredAirbyteCatalogSerializer.load({"streams": [entry]})


def test_programs_that_call_the_source_in_process_find_its_methods() -> None:
    assert issubclass(SourceKustomer, Source)
    for name in ("spec", "check", "discover", "read", "read_config", "read_catalog", "read_state"):
        assert callable(getattr(Source, name, None)), f"Source has no method {name} any more"
    assert isinstance(Source.check_config_against_spec, bool)


def test_a_traced_exception_builds_a_trace_message_with_a_stack_trace() -> None:
    error = AirbyteTracedException(message="a text", failure_type=FailureType.config_error)
    trace = error.as_airbyte_message().trace
    assert trace is not None
    assert trace.error is not None
    assert trace.error.message == "a text"
    assert trace.error.stack_trace, "trace_errors.py removes it for errors that are understood"


def test_the_memory_monitor_can_be_asked_after_each_message() -> None:
    monitor = MemoryMonitor()
    assert callable(getattr(monitor, "check_memory_usage", None)), "entrypoint.py calls it"
    monitor.check_memory_usage()
