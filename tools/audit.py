"""Look up known vulnerabilities of every version in requirements.txt, which the image installs.

    python -m tools.audit --pip-audit PATH

pip-audit asks the vulnerability database; it lives in an environment of its own. Exit codes: 0 when
the database answered for every version and knows nothing; 1 when it knows a vulnerability; 2 when
it did not answer for every version. pip-audit itself succeeds when its database cannot be reached,
and some package indexes answer without any vulnerabilities, so each audit also looks up an old
version whose vulnerability is known for certain.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from tools.lock import LOCK, read_lock

Package = tuple[str, str]
"""The normalized name and the version of a distribution."""

CONTROL: Final[Package] = ("requests", "2.19.0")
"""A version with a vulnerability that every database knows: CVE-2018-18074."""
SECONDS: Final = 300
"""The limit of one run of pip-audit."""
SECONDS_PER_REQUEST: Final = 15
FOUND, UNCERTAIN = 1, 2


@dataclass
class Findings:
    """The database's answers."""

    vulnerable: dict[Package, list[str]] = field(default_factory=dict)
    """Ids of known vulnerabilities, each with the versions that fix it."""
    unanswered: dict[Package, str] = field(default_factory=dict)
    """Why the database did not answer."""

    def read(self, report: str, asked: Iterable[Package]) -> None:
        """Add the answers of one run of pip-audit.

        Args:
            report: its JSON output. Any other text answers nothing.
            asked: the packages of that run; each name occurs once.
        """
        try:
            entries: list[dict[str, Any]] = json.loads(report)["dependencies"]
        except (ValueError, KeyError, TypeError):
            entries = []
        by_name = {canonicalize_name(entry["name"]): entry for entry in entries}
        for package in asked:
            entry = by_name.get(canonicalize_name(package[0]), {})
            if "vulns" not in entry:
                self.unanswered[package] = str(entry.get("skip_reason") or "no answer")
            elif entry["vulns"]:
                self.vulnerable[package] = [
                    f"{one['id']} (fixed in {', '.join(one.get('fix_versions') or ['none'])})"
                    for one in entry["vulns"]
                ]

    def check_control(self) -> None:
        """Take the control out; without its vulnerability, the database did not answer."""
        if self.vulnerable.pop(CONTROL, None) is None:
            reason = "it does not know the vulnerability of {} {}".format(*CONTROL)
            self.unanswered[CONTROL] = self.unanswered.get(CONTROL, reason)

    @property
    def exit_code(self) -> int:
        """Return 0 only when every package was looked up and nothing is known."""
        if self.vulnerable:
            return FOUND
        return UNCERTAIN if self.unanswered else 0

    def lines(self, asked: int) -> Iterator[str]:
        """Yield the findings as text."""
        for (name, version), known in self.vulnerable.items():
            yield f"VULNERABLE {name} {version}: {'; '.join(known)}"
        if self.unanswered:
            reason = next(iter(self.unanswered.values()))
            yield (
                f"NOT KNOWN: the vulnerability database did not answer for {len(self.unanswered)} "
                f"of {asked + 1} versions ({reason}). Run the audit again where the database can "
                "be reached."
            )
        elif not self.vulnerable:
            yield f"No vulnerability is known of any of the {asked} versions."


def rounds(packages: Iterable[Package]) -> list[list[Package]]:
    """Divide packages into lists in which each name occurs once, as pip-audit requires."""
    result: list[dict[str, Package]] = []
    for package in packages:
        for one in result:
            if package[0] not in one:
                one[package[0]] = package
                break
        else:
            result.append({package[0]: package})
    return [list(one.values()) for one in result]


def run_pip_audit(program: str, packages: Iterable[Package]) -> str:
    """Return pip-audit's JSON report on exactly these versions; nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "pins.txt"
        pins.write_text("".join(f"{name}=={version}\n" for name, version in packages))
        command = [program, "-r", str(pins), "--no-deps", "--disable-pip", "--format", "json"]
        command += ["--progress-spinner", "off", "--timeout", str(SECONDS_PER_REQUEST)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
    return done.stdout


def audit(packages: Iterable[Package], report: Callable[[list[Package]], str]) -> Findings:
    """Look up packages, and the control.

    Args:
        packages: what to look up.
        report: returns pip-audit's JSON report on packages.
    """
    findings = Findings()
    for asked in rounds([*packages, CONTROL]):
        findings.read(report(asked), asked)
    findings.check_control()
    return findings


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pip-audit", required=True, help="path of the program pip-audit")
    options = parser.parse_args(arguments)
    locked = sorted({(pin.name, pin.version) for pin in read_lock(LOCK.read_text())})
    findings = audit(locked, lambda asked: run_pip_audit(options.pip_audit, asked))
    for line in findings.lines(len(locked)):
        print(line)
    return findings.exit_code


if __name__ == "__main__":
    sys.exit(main())
