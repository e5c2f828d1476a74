"""The beginning of a safety recording, in the recorder child: its data key, and everything but its pictures.

A room's browser makes a safety recording beside the part that the recorder records (`safety_recordings`). The
browser can seal messages but cannot wrap a data key for the vault. So the recorder makes the key, in this
order; a crash at any line breaks no promise:

1. data key → wrapped for every recipient → durable, in a separate folder (`safety_area`) that no copy
   replicates
2. header sealed and durable; `recording.started` signed and durable, not sent: it enters the ledger only if
   the recording is imported
3. the data key is sent to the browser, sealed to a key that the page made only for this, and discarded here

The web process is not trusted with the page's public key, which the room's device has signed
(`recorder.interview.senders`). But the page's scripts come from that process. If an attacker only reads its
memory, the data key stays secret.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.errors import Refused, WrongState
from casework.recording.recording_writer import make_header, started_body
from casework.recording.statement_outbox import signed
from casework.recording.ticket import RecordingTicket
from casework.sealing.sealed_log import Content, SealedLog
from casework.sealing.spool_failures import spool_failures
from casework.sealing.staging import safety_area
from chain_of_custody.items.recording_contents import Track
from chain_of_custody.items.sender import Sender
from chain_of_custody.statements.keys import key_id
from vault.errors import ObjectExists
from vault.sealing import key_wrapping
from vault.spool.writer import SpoolWriter

CAMERAS = ("wide", "close")


def tracks(camera: str) -> tuple[Track, ...]:
    """Tracks of a room's browser: one camera and the microphone. Raises `Refused` for another camera."""
    if camera not in CAMERAS:
        raise Refused(f"no camera {camera[:16]}")
    return (Track(1, camera, "video", "avc1.42e01f"), Track(2, "microphone", "audio", "opus"))


def begin(
    ticket: RecordingTicket, spool: Path, recorder_key: Ed25519PrivateKey, sender: Sender, room_public: bytes
) -> bytes:
    """Prepare everything; returns the data key, sealed to `room_public` (32 bytes, X25519).

    `sender`: the device that makes it, of which camera; it has signed the digest of `room_public`.
    Raises `Refused` for a ticket that is not for a safety recording, another recorder's ticket, or bytes that
    are no public key; `WrongState` for a used ticket; `RecordingFailed` if the disk cannot take it.
    """
    public = recorder_key.public_key().public_bytes_raw()
    if ticket.beside is None or ticket.practice or key_id(public) != ticket.recorder:
        raise Refused("no ticket for a safety recording of this recorder")
    header = make_header(ticket, tracks(sender.camera), (sender,))
    deployment, evidence = bytes.fromhex(ticket.deployment), bytes.fromhex(ticket.evidence)
    data_key = key_wrapping.generate_data_key()
    try:
        handed = key_wrapping.hand(data_key, room_public, key_wrapping.room_info(deployment, evidence))
    except ValueError as error:
        raise Refused("not a public key of a room") from error
    begun_already = WrongState(f"safety recording {ticket.evidence} was begun already")
    with (
        spool_failures({ObjectExists: begun_already}),
        SpoolWriter.create(safety_area(spool).root, ticket.evidence, 0) as folder,
    ):
        log = SealedLog(ticket, folder, data_key)
        log.begin()  # 1
        log.extend(Content("header", 0, header))  # 2
        body = started_body(ticket, log)
        started = signed(ticket, recorder_key, None, "recording.started", body, ticket.epoch)
        folder.write_file("pending/000001.statement", started.leaf)
        folder.roll()
        log.forget()
    return handed  # 3
