"""Tell where a release's files disagree: `python -m tools.release_check`, or `make release-check`.

The version is written in `source_kustomer/__init__.py`. All else either takes it from there or,
where a file's form leaves no choice, repeats it and is checked here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent
SEMVER: Final = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
VERSION_FREE: Final = (
    "setup.py",
    "pyproject.toml",
    "Dockerfile",
    "Makefile",
    "main.py",
    "containers/build",
    "containers/build-and-test",
    ".ci/run",
    "README.md",
)
"""Files that must take the version from the package instead of repeating it."""
IMAGE_VERSION: Final = re.compile(r'(?:source-kustomer:|tag += ")([0-9][\w.-]*)')


@dataclass(frozen=True)
class Release:
    """A release in the changelog."""

    version: str
    day: str


class ReleaseFiles:
    """The files of a release, in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def text(self, path: str) -> str:
        """Return a file's text; nothing when there is no such file."""
        file = self.root / path
        return file.read_text() if file.is_file() else ""

    def found(self, path: str, pattern: str) -> str | None:
        """Return what a pattern's group matches in a file, if anything does."""
        match = re.search(pattern, self.text(path), re.MULTILINE)
        return match[1] if match else None

    @property
    def version(self) -> str | None:
        """The package's version."""
        return self.found("source_kustomer/__init__.py", r'^__version__ = "([^"]*)"$')

    @property
    def metadata(self) -> dict[str, Any]:
        """What metadata.yaml says."""
        content = yaml.safe_load(self.text("metadata.yaml")) or {}
        return dict(content.get("data") or {})

    @property
    def changelog(self) -> list[Release]:
        """The releases of CHANGELOG.md, newest first; what is unreleased is none."""
        headings = re.findall(r"^## \[(\d[^\]]*)\] - (\S+)$", self.text("CHANGELOG.md"), re.M)
        return [Release(*heading) for heading in headings]

    @property
    def documented(self) -> list[Release]:
        """The releases in the changelog of the users' documentation, newest first."""
        section = self.text("docs/kustomer.md").partition("\n## Changelog")[2]
        rows = re.findall(r"^\| (\d\S*) +\| (\d{4}-\d\d-\d\d) +\|", section, re.M)
        return [Release(*row) for row in rows]

    @property
    def labels(self) -> dict[str, str]:
        """The labels that the Dockerfile gives the image, variables unresolved."""
        pairs = re.findall(
            r'^(?:LABEL)?\s+([a-z][\w.]*)=("[^"]*"|\S+)', self.text("Dockerfile"), re.M
        )
        return {name: value.strip('"') for name, value in pairs if "." in name}

    def versions_in_examples(self) -> Iterator[tuple[Path, str]]:
        """Yield each version of the image that the examples run, with the file's path."""
        for file in sorted((self.root / "examples").rglob("*")):
            if file.is_file():
                for version in IMAGE_VERSION.findall(file.read_text()):
                    yield file.relative_to(self.root), version

    def image_version(self) -> str:
        """Return the version that containers/build finds, by its own command."""
        command = self.found("containers/build", r"^(version=\$\(.*\))$")
        if command is None:
            return ""
        done = subprocess.run(
            ["bash", "-c", f"{command}; echo -n $version"],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        return done.stdout


def disagreements(root: Path = ROOT) -> Iterator[str]:
    """Yield a sentence for each thing on which the files of a release do not agree.

    Args:
        root: the project's folder.
    """
    files = ReleaseFiles(root)
    version = files.version
    if version is None:
        yield "source_kustomer/__init__.py has no __version__."
        return
    if not SEMVER.fullmatch(version):
        yield f"The version {version} is not of the form 1.2.3."
    yield from _changelogs(files, version)
    yield from _metadata(files, version)
    yield from _image(files, version)
    for example, found in files.versions_in_examples():
        if found != version:
            yield f"{example} runs the image of version {found}, not {version}."
    for path in VERSION_FREE:
        if version in files.text(path):
            yield f"{path} repeats the version {version}; it must take it from the package."


def _changelogs(files: ReleaseFiles, version: str) -> Iterator[str]:
    releases = files.changelog
    if not releases or releases[0].version != version:
        newest = releases[0].version if releases else "none"
        yield f"The newest release in CHANGELOG.md is {newest}, not {version}."
    for release in releases:
        if not _is_day(release.day):
            yield f"CHANGELOG.md gives {release.version} the date {release.day}, which is no day."
    if len({release.version for release in releases}) != len(releases):
        yield "CHANGELOG.md has a version twice."
    if files.documented != releases:
        yield (
            "The changelog of docs/kustomer.md does not have the releases and dates of "
            f"CHANGELOG.md: {_list(files.documented)} instead of {_list(releases)}."
        )


def _metadata(files: ReleaseFiles, version: str) -> Iterator[str]:
    metadata = files.metadata
    if (tag := metadata.get("dockerImageTag")) != version:
        yield f"metadata.yaml has the dockerImageTag {tag}, not {version}."
    licence = files.found("setup.py", r'^ *license="([^"]*)"')
    if metadata.get("license") != licence:
        yield f"metadata.yaml has the license {metadata.get('license')}, setup.py {licence}."
    if licence and not files.text("LICENSE").startswith(licence):
        yield f"LICENSE is not the {licence} licence that setup.py names."
    package = files.found("setup.py", r'^ *name="([^"]*)"')
    published = ((metadata.get("remoteRegistries") or {}).get("pypi") or {}).get("packageName")
    if published != package:
        yield f"metadata.yaml publishes the package {published}, setup.py names it {package}."
    url = files.found("source_kustomer/config.py", r'^DOCUMENTATION_URL: Final = "([^"]*)"')
    if metadata.get("documentationUrl") != url:
        yield (
            f"metadata.yaml has the documentationUrl {metadata.get('documentationUrl')}, "
            f"the specification {url}."
        )
    repository = metadata.get("dockerRepository")
    tested = files.found("acceptance-test-config.yml", r"^connector_image: (\S+):")
    if tested != repository:
        yield f"acceptance-test-config.yml tests {tested}, metadata.yaml names {repository}."
    title = files.found("docs/kustomer.md", r"\A# (.*)$")
    if title != metadata.get("name"):
        yield f"docs/kustomer.md is titled {title}, metadata.yaml has {metadata.get('name')}."


def _image(files: ReleaseFiles, version: str) -> Iterator[str]:
    if (found := files.image_version()) != version:
        yield f'containers/build labels the image "{found}", not {version}.'
    if '--build-arg "VERSION=$version"' not in files.text("containers/build"):
        yield "containers/build does not hand the version to the Dockerfile."
    metadata = files.metadata
    expected = {
        "io.airbyte.version": "${VERSION}",
        "org.opencontainers.image.version": "${VERSION}",
        "io.airbyte.name": metadata.get("dockerRepository"),
        "org.opencontainers.image.licenses": metadata.get("license"),
        "org.opencontainers.image.documentation": metadata.get("documentationUrl"),
    }
    labels = files.labels
    for name, value in expected.items():
        if labels.get(name) != value:
            yield f"The Dockerfile labels {name} as {labels.get(name)}, not {value}."


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _list(releases: list[Release]) -> str:
    return ", ".join(f"{one.version} of {one.day}" for one in releases) or "none"


if __name__ == "__main__":
    if problems := list(disagreements()):
        sys.exit("\n".join(problems))
    print(f"Version {ReleaseFiles(ROOT).version}: all files agree.")
