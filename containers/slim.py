"""Remove from an installation what the connector never loads.

Airbyte's framework brings along libraries for parts of it that this connector does not use: file
formats, declarative manifests, vector stores, Google's secret manager. Together they are five
times as large as all the rest. None of them is imported by `spec`, `check`, `discover` or `read`;
the image's tests run all four without them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NEVER_LOADED = (
    "_pytest",
    "bin",
    "dateparser",
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
    """Remove what is never loaded; returns how many bytes that was.

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
    doomed |= {path for path in site.glob("*.dist-info") if _is_gone(path, doomed)}
    freed = 0
    for path in doomed:
        if path.is_dir():
            freed += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            shutil.rmtree(path)
    return freed


def _is_gone(dist_info: Path, doomed: set[Path]) -> bool:
    """Tell whether a distribution's packages are all removed; its metadata then goes too."""
    top_level = dist_info / "top_level.txt"
    record = dist_info / "RECORD"
    if top_level.exists():
        names = top_level.read_text().split()
    else:
        files = record.read_text().splitlines() if record.exists() else []
        names = list({line.split("/")[0] for line in files if line.split(",")[0].endswith(".py")})
    packages = [dist_info.parent / name for name in names if not name.startswith("_")]
    return bool(packages) and all(path in doomed or not path.exists() for path in packages)


if __name__ == "__main__":
    sys.stdout.write(f"removed {slim(Path(sys.argv[1])) / 1e6:.0f} MB that is never loaded\n")
