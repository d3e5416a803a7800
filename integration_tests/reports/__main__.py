"""Write the example reports of this folder: `python -m integration_tests.reports`."""

from __future__ import annotations

from integration_tests.reports.examples import EXAMPLES, FOLDER, example
from source_kustomer.doctor.report import json_of

if __name__ == "__main__":
    for name in EXAMPLES:
        (FOLDER / f"{name}.json").write_text(json_of(example(name)))
