"""`docker run` with a process in the container's place; called by the script next to this."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> None:
    """Run the connector with the files that are mounted; any other option is only recorded."""
    parser = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    parser.add_argument("run", choices=["run"])
    parser.add_argument("--mount", action="append", default=[])
    for flag in ("--rm", "--read-only"):
        parser.add_argument(flag, action="store_true")
    for option in ("--user", "--cap-drop", "--security-opt", "--memory"):
        parser.add_argument(option, required=True)
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)

    mounts = {}
    for mount in options.mount:
        fields = dict(field.partition("=")[::2] for field in next(csv.reader([mount])))
        if set(fields) != {"type", "source", "target", "readonly"} or fields["type"] != "bind":
            sys.exit(f"docker: the mount is not a read-only bind mount: {mount}")
        if not Path(fields["source"]).is_file():
            sys.exit(f"docker: this file does not exist: {fields['source']}")
        mounts[fields["target"]] = fields["source"]
    if runs := os.environ.get("RUNS"):
        own = arguments[1 : arguments.index(options.image)]
        others = [
            argument
            for before, argument in zip(["", *own], own, strict=False)
            if "--mount" not in (before, argument)
        ]
        run = {"options": others, "mounts": mounts, "image": options.image}
        with Path(runs).open("a") as file:
            file.write(json.dumps(run) + "\n")
    command = [mounts.get(argument, argument) for argument in options.command]
    program = os.environ.get("MAIN", str(ROOT / "main.py"))
    os.execv(sys.executable, [sys.executable, program, *command])


if __name__ == "__main__":
    main(sys.argv[1:])
