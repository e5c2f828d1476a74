"""What the recorder relies on inside aiortc, aioice and pylibsrtp: a change there fails here first.

The figures are SHA-256 over the source of each function or class in `RELIED_ON`. When one changes, read
what changed, see whether `dtls_srtp_transport.py` and `udp_socket.py` still fit, run `tests/integration`,
and then write the new figure here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect

import pytest
from pylibsrtp._binding import ffi, lib

from recorder.webrtc.dtls_srtp_transport import RELIED_ON

SOURCES = {
    "aioice.ice.Connection.__init__": "a99ae9c97fc66a2e",
    "aioice.ice.Connection.gather_candidates": "d33db28d4d1e49ff",
    "aioice.ice.Connection.get_component_candidates": "118597a9fcb703f9",
    "aioice.ice.Connection.add_remote_candidate": "d3a0826c92fa8ce6",
    "aioice.ice.Connection.connect": "da51be46190141ee",
    "aioice.ice.Connection.close": "25dcfac536f5f37c",
    "aioice.ice.Connection.sendto": "bf162ec03bdce2cc",
    "aioice.ice.Connection.data_received": "5631b17fab717d6b",
    "aioice.ice.Connection.recvfrom": "676acc01e4a9a9da",
    "aioice.ice.StunProtocol": "a6e5692f3cf7578e",
    "aiortc.rtcicetransport.RTCIceGatherer.__init__": "a0d775c349927f2b",
    "aiortc.rtcicetransport.RTCIceGatherer.gather": "147d15cd640f570e",
    "aiortc.rtcicetransport.RTCIceTransport": "a2e2aeedaf0abf0c",
    "aiortc.rtcdtlstransport.RTCDtlsTransport": "b58d6b50d0f9ea01",
    "pylibsrtp.Session": "73f96aee05655c94",
}


def _digest(thing: object) -> str:
    return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:16]  # type: ignore[arg-type]


def _name(thing: object) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"  # type: ignore[attr-defined]


def test_the_list_is_complete() -> None:
    assert sorted(map(_name, RELIED_ON)) == sorted(SOURCES)


@pytest.mark.parametrize("thing", RELIED_ON, ids=_name)
def test_the_source_is_the_one_this_was_written_against(thing: object) -> None:
    assert _digest(thing) == SOURCES[_name(thing)]


def test_aiortc_is_pinned_exactly() -> None:
    requirements = importlib.metadata.requires("amana") or []
    version = importlib.metadata.version("aiortc")
    assert f"aiortc=={version}" in requirements


def test_libsrtp_decrypts_in_place_through_its_binding() -> None:
    for function in (lib.srtp_unprotect, lib.srtp_unprotect_rtcp):
        kind = ffi.typeof(function)
        assert [each.cname for each in kind.args] == ["struct srtp_ctx_t_ *", "void *", "int *"]
