"""The records of the emulated organization: generated, changed, stored and indexed."""
