"""The image's packages without what is never loaded: the metadata that remains is true."""

from __future__ import annotations

from pathlib import Path

from containers.slim import slim


def install(site: Path, name: str, *files: str) -> None:
    """Install a distribution as pip does, with a RECORD of its files."""
    dist_info = f"{name}-1.0.dist-info"
    metadata = ("METADATA", "RECORD", "licenses/LICENSE")
    recorded = [*files, *(f"{dist_info}/{file}" for file in metadata)]
    for file in recorded:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("x")
    (site / dist_info / "RECORD").write_text("".join(f"{file},,\n" for file in recorded))


def distributions(site: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in site.glob("*.dist-info")}


def test_a_distribution_whose_files_are_all_removed_loses_its_metadata(tmp_path: Path) -> None:
    install(tmp_path, "joblib", "joblib/__init__.py", "joblib/test/test_joblib.py")

    assert slim(tmp_path) > 0
    assert not list(tmp_path.iterdir())


def test_a_distribution_that_is_one_module_keeps_its_metadata(tmp_path: Path) -> None:
    install(tmp_path, "typing_extensions", "typing_extensions.py")

    slim(tmp_path)

    assert (tmp_path / "typing_extensions.py").exists()
    assert distributions(tmp_path) == {"typing_extensions"}


def test_a_distribution_of_which_a_part_is_left_keeps_its_metadata(tmp_path: Path) -> None:
    install(tmp_path, "numpy", "numpy/__init__.py", "numpy_extras/__init__.py")

    slim(tmp_path)

    assert not (tmp_path / "numpy").exists()
    assert distributions(tmp_path) == {"numpy"}
