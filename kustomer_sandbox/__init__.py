"""An emulated Kustomer API, to try, test and benchmark a connector against.

with Sandbox(records=10_000, seed=1) as sandbox:
    ...  # sandbox.url, sandbox.key
"""

from kustomer_sandbox.control.process import Sandbox

__all__ = ["Sandbox"]
