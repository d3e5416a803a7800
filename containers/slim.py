"""Remove from an installation what the connector never loads.

Airbyte's framework brings along libraries for parts of it that this connector does not use: file
formats, declarative manifests, vector stores, Google's secret manager. Together they are five
times as large as all the rest. None of them is imported by `spec`, `check`, `discover` or `read`;
the image's tests run all four without them.
"""

from __future__ import annotations

import csv
import shutil
import sys
from pathlib import Path

NEVER_LOADED = (
    "_distutils_hack",
    "_pytest",
    "bin",
    "dateparser",
    "dateparser_*",
    "distutils-precedence.pth",
    "google",
    "googleapis_common_protos*",
    "grpc",
    "grpc_status",
    "joblib",
    "nltk",
    "numpy",
    "numpy.libs",
    "opentelemetry",
    "pandas",
    "pip",
    "proto",
    "pyasn1",
    "pyasn1_modules",
    "pygments",
    "rapidfuzz",
    "regex",
    "rich",
    "rich_click",
    "setuptools",
    "tqdm",
    "unidecode",
    "airbyte_cdk/test",
    "airbyte_cdk/manifest_server",
    "airbyte_cdk/cli",
)
"""Patterns below the installation's folder."""

TESTS = ("tests", "test", "testing")


def slim(site: Path) -> int:
    """Remove what is never loaded; return how many bytes that was.

    Args:
        site: the folder that packages were installed into.
    """
    doomed = {path for pattern in NEVER_LOADED for path in site.glob(pattern)}
    doomed |= {
        path
        for name in TESTS
        for path in site.rglob(name)
        if path.is_dir() and path.parent != site and "airbyte_cdk" not in path.parts
    }
    freed = sum(_remove(path) for path in doomed)
    for dist_info in site.glob("*.dist-info"):
        if not _has_files(dist_info):
            freed += _remove(dist_info)
    return freed


def _remove(path: Path) -> int:
    """Remove a folder or file; return its size in bytes, or 0 when it is removed already."""
    if not path.exists():
        return 0
    files = [file for file in (path, *path.rglob("*")) if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return size


def _has_files(dist_info: Path) -> bool:
    """Return whether anything of a distribution is left besides its metadata.

    The bill of materials is made from the metadata that remains, so it must name exactly the
    distributions that the image still has files of.
    """
    with (dist_info / "RECORD").open(newline="") as record:
        paths = [dist_info.parent / row[0] for row in csv.reader(record) if row]
    return any(path.exists() for path in paths if dist_info not in path.parents)


if __name__ == "__main__":
    sys.stdout.write(f"removed {slim(Path(sys.argv[1])) / 1e6:.0f} MB that is never loaded\n")
