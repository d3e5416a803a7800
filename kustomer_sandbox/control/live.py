"""Changes that never stop, in a task next to the server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.organization import Organization

_KINDS = ("updates", "inserts", "deletes")
_TICK = 0.01
# After a pause of the process this much is made up for, not more.
_MOST_BEHIND = 1.0


@dataclass
class Live:
    """Makes changes at the rates of the settings."""

    organization: Organization
    settings: Settings

    async def run(self) -> None:
        """Change records until cancelled."""
        loop = asyncio.get_running_loop()
        due = dict.fromkeys(_KINDS, 0.0)
        last = loop.time()
        while True:
            await asyncio.sleep(_TICK)
            now = loop.time()
            passed, last = min(now - last, _MOST_BEHIND), now
            for kind in _KINDS:
                due[kind] += passed * float(getattr(self.settings, f"live_{kind}"))
                while due[kind] >= 1:
                    due[kind] -= 1
                    self._change(kind)

    def _change(self, kind: str) -> None:
        organization = self.organization
        name = organization.some_object(self.settings.live_objects, updatable=kind != "inserts")
        if kind == "inserts":
            organization.insert(name, 1, None)
        elif kind == "updates":
            organization.update(name, organization.some(name, 1), {}, None)
        else:
            organization.delete(name, organization.some(name, 1), None)
