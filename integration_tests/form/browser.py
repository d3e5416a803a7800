"""The specification as a form, in a real browser without a screen."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).parent / "page.html"
LIBRARY: Final = "@json-editor/json-editor@2.17.2"
"""A form library for JSON schemas: one file, without dependencies."""
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=5000",
    "--window-size=720,1600",
)
SECONDS: Final = 120


class NoBrowser(Exception):
    """The form cannot be shown here, and the text says what is missing."""


@dataclass(frozen=True)
class Field:
    """A field as the browser laid it out."""

    name: str
    type: str
    top: float
    is_visible: bool
    placeholder: str | None
    value: str | bool
    label: str
    help: str
    card: str
    choices: list[str] | None


@dataclass(frozen=True)
class Seen:
    """What stood in the browser."""

    fields: dict[str, Field]
    problems: dict[str, str]
    """What the form says of the fields that it does not accept."""
    cards: list[str]
    console: list[str]
    """Errors of the page's scripts."""


class Form:
    """A page with the form, in a folder."""

    def __init__(self, folder: Path, specification: Mapping[str, Any]) -> None:
        """Fetch the library into a folder.

        Raises:
            NoBrowser: when there is no browser, or the library cannot be had.
        """
        self._folder = folder
        self._specification = specification
        self._browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
        if self._browser is None:
            raise NoBrowser("there is no Chromium (apt-get install chromium)")
        _fetch_library(folder)

    def show(self, entered: Mapping[str, Any] | None = None, *, unfolded: bool = False) -> Seen:
        """Open the form, enter values, and return what is then to be seen."""
        done = self._run("--dump-dom", entered or {}, unfolded=unfolded)
        report = re.search(r'id="seen">(.*?)</script>', done.stdout, re.DOTALL)
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        assert report is not None, "\n".join(console) or done.stderr[-2000:]
        seen = json.loads(html.unescape(report[1]))
        fields = {field["name"]: Field(**field) for field in seen["fields"]}
        return Seen(fields, seen["problems"], seen["cards"], console)

    def picture(self, path: Path) -> None:
        """Take a picture of the form, unfolded."""
        self._run(f"--screenshot={path}", {}, unfolded=True)

    def _run(
        self, action: str, entered: Mapping[str, Any], *, unfolded: bool
    ) -> subprocess.CompletedProcess[str]:
        page = self._folder / "page.html"
        text = PAGE.read_text()
        text = text.replace("SPECIFICATION", _inline(self._specification))
        page.write_text(text.replace("ENTERED", _inline(entered)))
        address = page.as_uri() + ("#unfolded" if unfolded else "")
        with tempfile.TemporaryDirectory() as profile:
            return subprocess.run(
                [
                    str(self._browser),
                    *FLAGS,
                    "--enable-logging=stderr",
                    f"--user-data-dir={profile}",
                    action,
                    address,
                ],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
                env={**os.environ, "HOME": profile},
            )


def _inline(content: Mapping[str, Any]) -> str:
    return json.dumps(content).replace("<", "\\u003c")


def _fetch_library(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoBrowser("there is no npm, which the form library comes from")
    done = subprocess.run(
        [npm, "pack", "--silent", "--pack-destination", str(folder), LIBRARY],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        raise NoBrowser(f"{LIBRARY} cannot be fetched: {done.stderr.strip()[-300:]}")
    with tarfile.open(archives[0]) as archive:
        script = archive.extractfile("package/dist/jsoneditor.js")
        assert script is not None
        (folder / "jsoneditor.js").write_bytes(script.read())
