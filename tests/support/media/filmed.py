"""Parts of an interview with real pictures and sounds, for a court room, or with none that are decoded."""

from __future__ import annotations

import asyncio

from casework.evidence import gateway
from casework.recording.recording_writer import HEADER_TRACKS, RecordingWriter
from casework.working_copies.film_plan import Edits
from tests.support.centers.casework_world import QUICK
from tests.support.centers.court_room import CourtRoom, port
from tests.support.media.made_media import (
    MadeTrack,
    camera,
    microphone,
    pretended_camera,
    pretended_microphone,
)

SECOND = 1_000_000
EDITS = Edits("picture-in-picture", ("wide", "close"), ("microphone",), 120)


async def film(room: CourtRoom, seconds: int, without: frozenset[int] = frozenset()) -> str:
    """A part with two cameras and a microphone; the first camera has nothing in the seconds `without`."""
    wide, close = (
        camera(seconds, "1280x720", track=1),
        camera(seconds, "320x180", source="smptebars", track=3),
    )
    return await _sealed(room, seconds, [wide, microphone(seconds, track=2), close], without)


async def pretended_film(room: CourtRoom, seconds: int, wide: MadeTrack | None = None) -> str:
    """The same with pictures that nothing decodes; no program is started. `wide`: the first camera's, if they
    are to be real."""
    first, close = wide or pretended_camera(seconds, track=1), pretended_camera(seconds, track=3)
    return await _sealed(room, seconds, [first, pretended_microphone(seconds, track=2), close])


async def _sealed(
    room: CourtRoom, seconds: int, made: list[MadeTrack], without: frozenset[int] = frozenset()
) -> str:
    ticket = await asyncio.to_thread(gateway.ticket_for_part, room.center, room.prosecutor, room.interview.id)
    writer = await RecordingWriter.open(
        ticket,
        room.center.spool,
        room.recorder,
        port(room.center, ticket.evidence),
        HEADER_TRACKS,
        limits=QUICK,
    )
    for track, one in enumerate(made, start=1):
        await writer.init(track, one.init, 0)
    for second in range(seconds):
        for track, one in enumerate(made, start=1):
            if track == 1 and second in without:
                continue
            piece = one.fragments[second]
            await writer.media(track, piece.content, piece.start, piece.duration, piece.key)
    await writer.seal("interrupted")
    return ticket.evidence
