"""API keys: their roles, their region and when they expire."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.answers import ApiError, unauthorized


@dataclass
class Key:
    """An API key.

    Attributes:
        name: its name in the request log; the secret is never logged.
        secret: the value in the Authorization header.
        roles: what it may do; None: everything.
        pod: the region it belongs to.
        expires_at: seconds since 1970, or None.
        requests_left: requests until it expires, or None.
    """

    name: str
    secret: str
    roles: tuple[str, ...] | None = None
    pod: str = "prod1"
    expires_at: float | None = None
    requests_left: int | None = None

    def may(self, wanted: tuple[str, ...]) -> bool:
        """Whether the key has one of the wanted roles; `org.user` covers all of `org.user.*`."""
        if self.roles is None or not wanted:
            return True
        return any(
            role == want or want.startswith(f"{role}.") for role in self.roles for want in wanted
        )


class Keyring:
    """All keys."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self._settings = settings
        self._keys: dict[str, Key] = {}
        self.default = self.add(Key("default", secret))

    def add(self, key: Key) -> Key:
        """Add a key, or replace the one with the same secret."""
        self._keys[key.secret] = key
        return key

    def named(self, name: str) -> Key | None:
        """A key by its name."""
        return next((key for key in self._keys.values() if key.name == name), None)

    def new_secret(self) -> str:
        """Make a secret that no key has."""
        return f"sandbox-{secrets.token_hex(16)}"

    def authenticate(self, header: str | None, now: float) -> Key:
        """The key a request carries.

        Raises:
            ApiError: 401 without a known and valid key, or with one of another region.
        """
        scheme, _, secret = (header or "").partition(" ")
        key = self._keys.get(secret.strip())
        if scheme.lower() != "bearer" or key is None:
            raise unauthorized()
        if key.pod != self._settings.pod:
            raise ApiError(
                self._settings.wrong_pod_status,
                "unauthorized",
                f"Auth token associated with pod {key.pod} but request is being handled by "
                f"{self._settings.pod}",
            )
        if (key.expires_at is not None and now >= key.expires_at) or key.requests_left == 0:
            raise ApiError(401, "unauthorized", "Expired token")
        if key.requests_left is not None:
            key.requests_left -= 1
        return key


def missing_role(settings: Settings) -> ApiError:
    """Make the answer to a key without the role, which the API does not name."""
    if settings.dialect["role"] == "401":
        return unauthorized()
    return ApiError(403, "forbidden", "Forbidden")
