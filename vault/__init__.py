"""What must stay secret and must never be lost: sealing, keys, stores.

The vault knows bytes, keys and stores; it never learns what a case is. All its calls are synchronous.
"""
