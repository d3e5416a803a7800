"""The layers of docs/architecture.md and the imports of the package are the same."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "source_kustomer"
PAGE = ROOT / "docs/architecture.md"
CDK = ("airbyte_cdk", "airbyte_protocol_dataclasses")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


PATHS = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
"""Every module of the package, by name."""


def part(module: str) -> str:
    """The folder or file directly below source_kustomer; empty for source_kustomer itself."""
    return module.partition(".")[2].partition(".")[0]


@cache
def imported_names(path: Path) -> list[str]:
    """Return the names of what a file imports, in functions and `TYPE_CHECKING` blocks too."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import; write the module's full name"
            full = (f"{node.module}.{alias.name}" for alias in node.names)
            names += [name if name in PATHS else str(node.module) for name in full]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


GRAPH = {
    module: {name for name in imported_names(path) if name in PATHS and name != module}
    for module, path in PATHS.items()
}
"""The modules of the package that each module imports."""


def layers_of_page() -> dict[str, set[str]]:
    """The table below the heading "Layers": each part of the package and what it imports."""
    section = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    (table,) = [text for text in section if text.startswith("Layers\n")]
    rows = re.findall(r"^\| `([\w./]+)` \|([^|]*)\|", table, re.MULTILINE)
    return {
        name.removesuffix("/").removesuffix(".py"): set(re.findall(r"`(\w+)`", imports))
        for name, imports in rows
    }


LAYERS = layers_of_page()


def modules(*, without: str = "") -> list[str]:
    """Parameters: the modules below source_kustomer, but those of one part."""
    return [module for module in PATHS if part(module) and part(module) != without]


def test_the_page_names_each_part_of_the_package_once():
    assert sorted(LAYERS) == sorted({part(module) for module in PATHS} - {""})


def test_each_layer_imports_only_layers_further_down():
    order = list(LAYERS)

    wrong = [
        (layer, imported)
        for layer, imports in LAYERS.items()
        for imported in imports
        if imported not in order[order.index(layer) + 1 :]
    ]

    assert wrong == []


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_what_the_page_allows(module):
    imported = {part(name) for name in GRAPH[module]} - {part(module), ""}

    assert imported <= LAYERS[part(module)]


def test_the_page_allows_only_what_is_imported():
    used = {(part(module), part(name)) for module, names in GRAPH.items() for name in names}

    allowed = {(layer, imported) for layer, imports in LAYERS.items() for imported in imports}

    assert allowed <= used


def test_no_modules_import_each_other_in_a_cycle():
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("module", modules(without="airbyte"))
def test_only_the_airbyte_folder_imports_the_cdk(module):
    assert [name for name in imported_names(PATHS[module]) if name.startswith(CDK)] == []


@pytest.mark.parametrize("module", [module for module in PATHS if part(module) == "sync"])
def test_sync_opens_no_socket(module):
    network = {"requests", "urllib", "urllib3", "socket", "http"}

    assert network.isdisjoint(name.partition(".")[0] for name in imported_names(PATHS[module]))


def test_connector_and_sandbox_do_not_import_each_other():
    sandbox = sorted((ROOT / "kustomer_sandbox").rglob("*.py"))

    assert not [
        m for m, p in PATHS.items() if any("kustomer_sandbox" in n for n in imported_names(p))
    ]
    assert not [p for p in sandbox if any("source_kustomer" in n for n in imported_names(p))]
