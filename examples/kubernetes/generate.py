#!/usr/bin/env python3
"""Write the manifests of all organizations, from organizations.txt and organization.yaml.

    kubectl create secret generic kustomer-acme --from-file=config.json  # per organization
    generate.py --image registry.example/source-kustomer:0.1.0 | kubectl apply -f -

Needs Python's standard library alone. The image must be where the cluster can pull it. The scripts
sync.sh and keep.py become a ConfigMap, and run in the connector's image.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
SCRIPTS = ("sync.sh", "keep.py")
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
SCHEDULE = re.compile(r"[0-9*/,-]+( [0-9A-Za-z*/,-]+){4}")
IMAGE = re.compile(r"[\w.:/@-]+")


def organizations(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the schedule of each organization.

    Raises:
        ValueError: a line is not a name and a schedule, or a name is there twice.
    """
    seen = set()
    for number, line in enumerate(text.splitlines(), start=1):
        name, *fields = line.partition("#")[0].split() or [""]
        if not name:
            continue
        schedule = " ".join(fields)
        if not NAME.fullmatch(name) or not SCHEDULE.fullmatch(schedule) or name in seen:
            raise ValueError(
                f"Line {number} of the organizations is not a new name (at most 40 lower-case "
                f"letters, digits and hyphens) and a schedule of five fields: {line!r}"
            )
        seen.add(name)
        yield name, schedule


def manifests(text: str, image: str) -> Iterator[str]:
    """Yield YAML documents.

    Args:
        text: what organizations.txt has.
        image: the connector's image.
    """
    if not IMAGE.fullmatch(image):
        raise ValueError(f"This is not the name of an image: {image!r}")
    scripts = {name: (HERE.parent / name).read_text() for name in SCRIPTS}
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kustomer-scripts"},
        "data": scripts,
    }
    yield json.dumps(config_map, indent=2) + "\n"  # JSON is YAML
    template = Template((HERE / "organization.yaml").read_text())
    for name, schedule in organizations(text):
        yield template.substitute(name=name, schedule=schedule, image=image)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--image", default="localhost/source-kustomer:0.1.0")
    parser.add_argument("--organizations", type=Path, default=HERE / "organizations.txt")
    options = parser.parse_args()
    try:
        documents = list(manifests(options.organizations.read_text(), options.image))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    sys.stdout.writelines(f"---\n{document}" for document in documents)
