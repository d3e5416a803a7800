"""Every package that is imported is declared in setup.py, and every declared one is used."""

from __future__ import annotations

import ast
import runpy
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NOT_IMPORTED = {
    "airbyte-connector-models": "imported where it is installed: it has no version for Python 3.13",
    "httptools": "Uvicorn imports it",
    "pytest-xdist": "a plugin of pytest",
}
CLIENTS = ROOT / "integration_tests/clients"
"""Has a file for each client with the packages of its own environment."""
OWN = {path.name.removesuffix(".py") for path in ROOT.iterdir()}


def name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


@pytest.fixture(scope="module")
def declared() -> dict[str, set[str]]:
    """The names of the packages that setup.py declares: of the connector, and of each extra."""
    found: dict[str, Any] = {}
    setuptools = SimpleNamespace(setup=found.update, find_packages=lambda **_: [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "setuptools", setuptools)
        runpy.run_path(str(ROOT / "setup.py"))
    sets = {"connector": found["install_requires"], **found["extras_require"]}
    return {name: set(map(name_of, requirements)) for name, requirements in sets.items()}


def imported(*folders: str) -> set[str]:
    """The names of the packages that the Python files below some folders import."""
    modules = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
    modules -= sys.stdlib_module_names | OWN
    installed = packages_distributions()
    return {canonicalize_name(installed.get(module, [module])[0]) for module in modules}


def test_the_connector_declares_exactly_what_it_imports(declared):
    assert imported("source_kustomer") == declared["connector"]


def test_the_sandbox_declares_exactly_what_it_imports(declared):
    assert imported("kustomer_sandbox") == declared["sandbox"] - NOT_IMPORTED.keys()


def test_tests_and_tools_declare_exactly_what_else_they_import(declared):
    lines = [line for path in CLIENTS.glob("*.txt") for line in path.read_text().splitlines()]
    elsewhere = {name_of(line) for line in lines if line and not line.startswith("#")}

    used = imported("unit_tests", "integration_tests", "tools", "demo", "benchmarks", "containers")

    assert used - elsewhere - declared["connector"] - declared["sandbox"] == (
        declared["test"] - declared["sandbox"] - NOT_IMPORTED.keys()
    )
