"""Read requirements.txt, the lock of the run-time distributions.

`make lock` writes the file with uv: one lock for all supported Python versions and platforms, with
environment markers, and with the hashes of every file of each version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

LOCK: Final = Path(__file__).resolve().parent.parent / "requirements.txt"
_HASH: Final = re.compile(r"\s--hash=sha256:[0-9a-f]{64}(?=\s|$)")


@dataclass(frozen=True)
class Pin:
    """One version of a distribution, and where it is installed."""

    name: str
    """The normalized name."""
    version: str
    marker: Marker | None
    """The environments that install it; None stands for all."""

    def applies(self, environment: Mapping[str, str] | None = None) -> bool:
        """Return whether an environment installs this version.

        Args:
            environment: marker variables that differ from this interpreter's.
        """
        return self.marker is None or self.marker.evaluate(dict(environment or {}))


def read_lock(text: str) -> Iterator[Pin]:
    """Yield the pins of a lock file.

    Raises:
        ValueError: a line is not exactly one version with at least one SHA-256 hash. Options, such
            as an index URL, are not allowed.
    """
    lines = re.sub(r"(?m)^\s*#.*\n?", "", text).replace("\\\n", " ").splitlines()
    for line in filter(str.strip, lines):
        try:
            requirement = Requirement(_HASH.sub("", line))
        except InvalidRequirement as error:
            raise ValueError(f"The lock has a line that is not a pin: {line[:80]}") from error
        specifiers = list(requirement.specifier)
        if [one.operator for one in specifiers] != ["=="]:
            raise ValueError(f"The lock does not pin {requirement.name} to one version.")
        if not _HASH.search(line):
            raise ValueError(f"The lock has no hash for {requirement.name}.")
        yield Pin(canonicalize_name(requirement.name), specifiers[0].version, requirement.marker)
