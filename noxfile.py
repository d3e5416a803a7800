"""The unit tests on every supported Python that this machine has: `make test-pythons`.

`nox --tags ends` runs them on the oldest and the newest of them alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv|venv"
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False  # nox reports them as skipped


def supported() -> list[str]:
    """The Python versions that setup.py allows, oldest first."""
    setup = Path(__file__).with_name("setup.py").read_text()
    (bounds,) = re.findall(r'python_requires=">=3\.(\d+),<3\.(\d+)"', setup)
    return [f"3.{minor}" for minor in range(*map(int, bounds))]


def select_all_of_pyenv() -> None:
    """Let pyenv's commands, such as python3.10, run each Python that pyenv has installed.

    Without this they only run the version that is selected for the folder.
    """
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return
    for variable, command in (("PYENV_ROOT", "root"), ("PYENV_VERSION", "versions --bare")):
        done = subprocess.run([pyenv, *command.split()], capture_output=True, text=True, check=True)
        os.environ[variable] = ":".join(done.stdout.split())


def is_found(version: str) -> bool:
    """Whether this machine has a Python version."""
    command = shutil.which(f"python{version}")
    return (
        command is not None
        and not subprocess.run([command, "--version"], capture_output=True, check=False).returncode
    )


select_all_of_pyenv()
FOUND = list(filter(is_found, supported()))
ENDS = (*FOUND[:1], *FOUND[-1:])
PYTHONS = [nox.param(one, id=one, tags=["ends"] * (one in ENDS)) for one in supported()]


@nox.session
@nox.parametrize("python", PYTHONS)
def unit(session: nox.Session) -> None:
    """Run the unit tests; further arguments are pytest's."""
    session.install("--quiet", "--no-compile", "--editable", ".[test]")  # compiled when imported
    session.run("python", "-m", "pytest", "unit_tests", "--numprocesses=auto", *session.posargs)
