"""The child with which `self_check` tries a sandbox: it does nothing, and ends."""
