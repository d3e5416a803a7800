"""The four commands by each of the doors there are, and what reaches stdout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from integration_tests.connector import ROOT

DOORS = {
    "the console script": [str(Path(sys.executable).parent / "source-kustomer")],
    "main.py": [sys.executable, str(ROOT / "main.py")],
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_spec_comes_by_every_door_as_one_message_among_nothing_but_messages(
    door: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*door, "spec"], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [message["type"] for message in messages if message["type"] != "LOG"] == ["SPEC"]


def test_the_image_and_main_py_have_the_same_entrypoint() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["python3", "/airbyte/integration_code/main.py"]' in dockerfile
    assert "COPY main.py /airbyte/integration_code/main.py" in dockerfile
