"""Sends a peer's requests to the sandbox: its host is fixed in its code, which stays as it is.

Python imports this module when its folder is on PYTHONPATH.
"""

import os
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

HOST = "https://api.kustomerapp.com/v1"
_send = HTTPAdapter.send


def _redirected(self: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
    if request.url and request.url.startswith(HOST):
        request.url = os.environ["PEER_API_URL"] + request.url[len(HOST) :]
    return _send(self, request, **options)


HTTPAdapter.send = _redirected
