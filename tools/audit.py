"""What the connector brings along at run time: its licences, and what is known against it.

    python -m tools.audit --pip-audit PATH

Lists every distribution that is installed because the connector needs it, with its licence, and
asks pip-audit, which lives in an environment of its own, for known vulnerabilities. Ends with 0
when all were looked up and none is known, with 1 when some are, and with 2 when that cannot be
said: pip-audit itself ends well when its service knows none of the packages, or is not there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONNECTOR = "airbyte-source-kustomer"
UNKNOWN = "unknown"
SECONDS = 300
SECONDS_PER_QUESTION = 15
LONGEST_LICENCE = 60
FOUND, UNCERTAIN = 1, 2


def runtime_distributions(name: str = CONNECTOR) -> Iterator[Distribution]:
    """Yield what is installed because a distribution needs it, by name, itself left out."""
    wanted = [Requirement(name)]
    met: dict[str, Distribution] = {}
    asked: set[tuple[str, str]] = set()
    while wanted:
        requirement = wanted.pop()
        for extra in {"", *requirement.extras}:
            key = (canonicalize_name(requirement.name), extra)
            if key in asked:
                continue
            asked.add(key)
            try:
                found = met.setdefault(key[0], distribution(requirement.name))
            except PackageNotFoundError:
                break  # for another platform, or not needed here
            needs = map(Requirement, found.requires or ())
            wanted += [n for n in needs if n.marker is None or n.marker.evaluate({"extra": extra})]
    return (met[key] for key in sorted(met) if key != canonicalize_name(name))


def licence(found: Distribution) -> str:
    """Return the licence that a distribution's metadata states, in whichever of three ways."""
    metadata = found.metadata
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    prefix = "License :: "
    classifiers = [
        entry.rsplit(" :: ", 1)[-1]
        for entry in metadata.get_all("Classifier") or ()
        if entry.startswith(prefix) and entry != "License :: OSI Approved"
    ]
    if classifiers:
        return ", ".join(classifiers)
    stated = metadata.get_all("License") or [""]
    lines = stated[0].strip().splitlines()
    return lines[0][:LONGEST_LICENCE] if lines and lines[0].strip() else UNKNOWN


@dataclass
class Findings:
    """What pip-audit says of a list of packages."""

    vulnerable: dict[str, list[str]] = field(default_factory=dict)
    """The ids of what is known, and the versions that mend it, by package."""
    unanswered: dict[str, str] = field(default_factory=dict)
    """Why nothing was said of a package."""

    @staticmethod
    def of(report: str, asked: Mapping[str, str]) -> Findings:
        """Read pip-audit's JSON.

        Args:
            report: what it wrote; anything else than its JSON answers no question.
            asked: the versions by package.
        """
        try:
            entries: list[dict[str, Any]] = json.loads(report)["dependencies"]
        except (ValueError, KeyError, TypeError):
            entries = []
        by_name = {canonicalize_name(entry["name"]): entry for entry in entries}
        findings = Findings()
        for name, version in asked.items():
            entry = by_name.get(canonicalize_name(name), {})
            if "vulns" not in entry:
                findings.unanswered[name] = str(entry.get("skip_reason") or "no answer")
            elif entry["vulns"]:
                findings.vulnerable[f"{name} {version}"] = [
                    f"{one['id']} (mended in {', '.join(one.get('fix_versions') or ['none'])})"
                    for one in entry["vulns"]
                ]
        return findings

    @property
    def exit_code(self) -> int:
        """Return 0 only when every package was looked up and nothing is known."""
        if self.vulnerable:
            return FOUND
        return UNCERTAIN if self.unanswered else 0

    def lines(self, asked: int) -> Iterator[str]:
        """Yield the findings as text."""
        for package, known in self.vulnerable.items():
            yield f"VULNERABLE {package}: {'; '.join(known)}"
        if self.unanswered:
            reason = next(iter(self.unanswered.values()))
            yield (
                f"NOT KNOWN for {len(self.unanswered)} of {asked} packages: the vulnerability "
                f"service did not answer for them ({reason}). This is no all-clear; run it again "
                "where the service can be reached."
            )
        elif not self.vulnerable:
            yield f"No vulnerability is known of any of the {asked} packages."


def ask(pip_audit: str, versions: Mapping[str, str]) -> Findings:
    """Let pip-audit look up exactly these versions; it resolves and installs nothing."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "installed.txt"
        pins.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
        command = [pip_audit, "-r", str(pins), "--no-deps", "--disable-pip", "--format", "json"]
        command += ["--progress-spinner", "off", "--timeout", str(SECONDS_PER_QUESTION)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return Findings.of("", versions)
    return Findings.of(done.stdout, versions)


def main(arguments: list[str] | None = None) -> int:
    """Print licences and findings; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__)
    parser.add_argument("--pip-audit", required=True, help="the program pip-audit")
    options = parser.parse_args(arguments)
    installed = list(runtime_distributions())
    licences = {found.name: licence(found) for found in installed}
    width = max(map(len, licences))
    print(f"Licences of the {len(installed)} packages that the connector needs at run time:")
    for found in installed:
        print(f"  {found.name:{width}}  {found.version:12}  {licences[found.name]}")
    print("Together:", "; ".join(f"{n} {name}" for name, n in Counter(licences.values()).items()))
    findings = ask(options.pip_audit, {found.name: found.version for found in installed})
    for line in findings.lines(len(installed)):
        print(line)
    return findings.exit_code


if __name__ == "__main__":
    sys.exit(main())
