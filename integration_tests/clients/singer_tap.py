"""A Singer tap on Singer's SDK that runs the connector, for Meltano and its targets.

It converts messages in the way of tap-airbyte-wrapper, which is not in the package index.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from singer_sdk import Stream, Tap

Message = dict[str, Any]


def messages(config: Mapping[str, Any], command: str, **files: object) -> Iterator[Message]:
    """Run a command of the connector; yield its messages."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [config["connector"], command, "--config", config["connector_config"]]
        for name, content in files.items():
            path = Path(folder, f"{name}.json")
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", str(path)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            yield from map(json.loads, process.stdout)
        if process.returncode:
            raise RuntimeError(f"the connector's exit code is {process.returncode}")


class ConnectorStream(Stream):  # type: ignore[misc]  # of another environment
    """A stream of the connector; its Airbyte state is its bookmark."""

    primary_keys = ("id",)

    def get_records(self, context: Any) -> Iterable[Message]:
        """Read the stream from its last state."""
        described = self.config["discovered"][self.name]
        configured = {
            "stream": described,
            "sync_mode": described["supported_sync_modes"][-1],
            "destination_sync_mode": "append",
        }
        bookmark = self.get_context_state(context)
        files: dict[str, object] = {"catalog": {"streams": [configured]}}
        if "airbyte" in bookmark:
            files["state"] = [bookmark["airbyte"]]
        for message in messages(self.config, "read", **files):
            if message["type"] == "RECORD":
                yield message["record"]["data"]
            elif message["type"] == "STATE":
                state = message["state"]
                # Without its statistics: the SDK cannot write numbers with a decimal point.
                bookmark["airbyte"] = {"type": state["type"], "stream": state["stream"]}


class ConnectorTap(Tap):  # type: ignore[misc]  # of another environment
    """The connector as a tap."""

    name = "tap-connector"
    config_jsonschema: ClassVar = {
        "type": "object",
        "properties": {
            "connector": {"type": "string"},
            "connector_config": {"type": "string"},
            "streams": {"type": "array", "items": {"type": "string"}},
        },
    }

    def discover_streams(self) -> list[ConnectorStream]:
        """Return the configured streams."""
        (catalog,) = (
            message["catalog"]
            for message in messages(self.config, "discover")
            if message["type"] == "CATALOG"
        )
        found = {one["name"]: one for one in catalog["streams"]}
        self._config["discovered"] = found
        return [
            ConnectorStream(self, name=name, schema=found[name]["json_schema"])
            for name in self.config["streams"]
        ]


if __name__ == "__main__":
    ConnectorTap.cli()
