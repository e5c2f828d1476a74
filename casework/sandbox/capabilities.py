"""Permanent removal of capabilities, root's rights beyond those of a user, from a process. A process of
another user has none. `execve` gives none back after `no_new_privs`, which `landlock` sets. Specification:
capabilities(7), capset(2), linux/capability.h.
"""

from __future__ import annotations

import ctypes
import os
import struct

DAC_OVERRIDE = 1 << 1
"""Files of other users: a data folder that root serves may be another's. Landlock still says which files."""
_VERSION_3 = 0x20080522


def keep(mask: int) -> None:
    """Drop all capabilities but these (a bit mask) in this thread, and in the processes that it starts.
    Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", _VERSION_3, 0)
    data = ctypes.create_string_buffer(24)
    if libc.capget(header, data) == 0:
        _, low, _, _, high, _ = struct.unpack("=6I", data)  # twice: effective, permitted, inheritable
        low, high = low & mask, high & mask >> 32
        reduced = struct.pack("=6I", low, low, 0, high, high, 0)
        if libc.capset(header, reduced) == 0:
            return
    number = ctypes.get_errno()
    raise OSError(number, f"capabilities: {os.strerror(number)}")
