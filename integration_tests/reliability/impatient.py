"""The connector with less patience, so that giving up is tested without waiting for it.

No user can configure this: the seconds come from a variable that only this program reads.
"""

from __future__ import annotations

import os
from functools import partial
from unittest.mock import patch

from source_kustomer.airbyte import source
from source_kustomer.airbyte.entrypoint import run
from source_kustomer.kustomer.client import Client

PROGRAM = ("-m", "integration_tests.reliability.impatient")
VARIABLE = "TEST_PATIENCE_SECONDS"

if __name__ == "__main__":
    seconds = float(os.environ[VARIABLE])
    client = partial(Client, patience=seconds)
    with patch.multiple(source, CHECK_PATIENCE=seconds, Client=client):
        run()
