"""Write build/form.png, a picture of the form for people: `make form`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from integration_tests.form.browser import Form, NoBrowser
from integration_tests.snapshots.__main__ import spec

PICTURE = Path(__file__).resolve().parents[2] / "build" / "form.png"

if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            Form(Path(folder), spec()).picture(PICTURE)
        except NoBrowser as missing:
            sys.exit(f"The form cannot be shown: {missing}.")
    print(f"{PICTURE} shows the form.")
