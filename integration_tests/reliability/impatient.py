"""The connector with less patience, so that giving up is tested without waiting for it.

No user can configure this: the seconds come from a variable that only this program reads.
"""

from __future__ import annotations

import os
from functools import partial

from source_kustomer import source
from source_kustomer.airbyte.entrypoint import run
from source_kustomer.kustomer.client import Client

PROGRAM = ("-m", "integration_tests.reliability.impatient")
VARIABLE = "TEST_PATIENCE_SECONDS"

if __name__ == "__main__":
    seconds = float(os.environ[VARIABLE])
    source.CHECK_PATIENCE = seconds  # type: ignore[misc]
    source.Client = partial(Client, patience=seconds)  # type: ignore[misc]
    run()
