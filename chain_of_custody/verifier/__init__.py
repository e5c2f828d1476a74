"""The steps of the verifier, item by item."""
