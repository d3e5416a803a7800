"""Imports go one way: each folder knows only those below it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "source_kustomer"
LEVELS = [
    {"airbyte"},
    {"organization"},
    {"streams"},
    {"engine"},
    {"sync", "kustomer", "records", "rows"},
    {"config"},
    {"errors"},
    {"timestamps", "logger"},
]
BELOW = {
    name: set().union(*LEVELS[level + 1 :]) | {name}
    for level, names in enumerate(LEVELS)
    for name in names
}
BELOW["records"] |= {"rows"}
BELOW["sync"] -= {"config"}
BELOW["engine"] |= {"airbyte"}  # until the redesign of the engine is complete


def part(module):
    return module.split(".")[1] if module.count(".") else ""


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_it(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return

    inside = {part(name) for name in imports_of(path) if name.startswith("source_kustomer.")}

    assert inside <= BELOW[own]


@pytest.mark.parametrize("path", sorted((PACKAGE / "kustomer").glob("*.py")), ids=lambda p: p.name)
def test_the_wire_knows_nothing_of_airbyte(path):
    assert not [name for name in imports_of(path) if name.startswith("airbyte")]


@pytest.mark.parametrize("path", sorted((PACKAGE / "sync").glob("*.py")), ids=lambda p: p.name)
def test_sync_opens_no_socket(path):
    assert not {"requests", "urllib", "socket", "http"} & set(imports_of(path))


def test_connector_and_sandbox_know_nothing_of_each_other():
    sandbox = sorted((PACKAGE.parent / "kustomer_sandbox").rglob("*.py"))

    assert not [p for p in MODULES if any("kustomer_sandbox" in n for n in imports_of(p))]
    assert not [p for p in sandbox if any("source_kustomer" in n for n in imports_of(p))]
