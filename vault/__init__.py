"""Storage of what must stay secret and must not be lost: sealing, keys, stores.

The vault handles bytes, keys and stores; it has no notion of a case. All its calls are synchronous.
"""
