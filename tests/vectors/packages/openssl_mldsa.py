"""Deterministic ML-DSA-44 signatures by the system's OpenSSL: a thirtieth of the time of the one in Python.

`cryptography` brings an OpenSSL of its own, and does not hand this option on.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint, c_void_p
from functools import cache

NAME = b"ML-DSA-44"
LENGTH = 2420
SINCE = 3 << 28 | 5 << 20  # 3.5, as OpenSSL numbers its versions


class _Parameter(ctypes.Structure):
    """OSSL_PARAM: an array of them ends with one that has no key."""

    _fields_ = (
        ("key", c_char_p),
        ("type", c_uint),
        ("data", c_void_p),
        ("size", c_size_t),
        ("returned", c_size_t),
    )


INTEGER, OCTETS = 1, 5
KEY_PAIR = 0x87  # EVP_PKEY_KEYPAIR
FUNCTIONS = {
    "EVP_PKEY_CTX_free": (None, c_void_p),
    "EVP_PKEY_CTX_new": (c_void_p, c_void_p, c_void_p),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, c_void_p, c_char_p, c_char_p),
    "EVP_PKEY_fromdata": (c_int, c_void_p, POINTER(c_void_p), c_int, POINTER(_Parameter)),
    "EVP_PKEY_fromdata_init": (c_int, c_void_p),
    "EVP_PKEY_sign": (c_int, c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t),
    "EVP_PKEY_sign_message_init": (c_int, c_void_p, c_void_p, POINTER(_Parameter)),
    "EVP_SIGNATURE_fetch": (c_void_p, c_void_p, c_char_p, c_char_p),
}


@cache
def available() -> bool:
    """Whether this machine has OpenSSL 3.5 or a later 3."""
    try:
        numbered = ctypes.CDLL("libcrypto.so.3").OpenSSL_version_num
    except OSError:
        return False
    numbered.restype = ctypes.c_ulong
    return int(numbered()) >= SINCE


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of FIPS 204 without randomness, by the key that is made from `seed`."""
    library = _library()
    made = library.EVP_PKEY_CTX_new(_key(seed), None)
    yes = c_int(1)
    asked = (_Parameter * 2)(_parameter(b"deterministic", INTEGER, yes))
    _well(library.EVP_PKEY_sign_message_init(made, _algorithm(), asked))
    signature, length = ctypes.create_string_buffer(LENGTH), c_size_t(LENGTH)
    _well(library.EVP_PKEY_sign(made, signature, ctypes.byref(length), message, len(message)))
    library.EVP_PKEY_CTX_free(made)
    assert length.value == LENGTH
    return signature.raw


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libcrypto.so.3")
    for name, (answer, *arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = answer, arguments
    return library


@cache
def _algorithm() -> int:
    return int(_library().EVP_SIGNATURE_fetch(None, NAME, None))


@cache
def _key(seed: bytes) -> c_void_p:
    library, key = _library(), c_void_p()
    made = library.EVP_PKEY_CTX_new_from_name(None, NAME, None)
    _well(library.EVP_PKEY_fromdata_init(made))
    given = ctypes.create_string_buffer(seed, len(seed))
    parameters = (_Parameter * 2)(_parameter(b"seed", OCTETS, given))
    _well(library.EVP_PKEY_fromdata(made, ctypes.byref(key), KEY_PAIR, parameters))
    library.EVP_PKEY_CTX_free(made)
    return key


def _parameter(key: bytes, type_: int, data: ctypes.Array[ctypes.c_char] | c_int) -> _Parameter:
    return _Parameter(key, type_, ctypes.cast(ctypes.pointer(data), c_void_p), ctypes.sizeof(data), 0)


def _well(done: int) -> None:
    if done != 1:
        raise RuntimeError("OpenSSL refused")
