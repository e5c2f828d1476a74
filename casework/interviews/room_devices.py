"""Capture machines in rooms, enrolled as devices: what a room's browser may do without a signed-in person.

An administrator makes a link for a room; the browser of the room's machine redeems it and stores a token that
is valid for a year. The token opens the room page of what is recorded in that room, and what that page needs.
The device acts for the person who opened the interview, who could open the page in their own session. So it
can never do more than that person, and nothing once they lose that permission.

The machine has a key too, which its browser made and no script can extract (`room/device_key.js`). It is
enrolled with the machine, and each camera that the machine sends is signed with it
(`recorder.interview.senders`): the token alone sends nothing. A browser without enrolment has such a key as
well, and its holder is the signed-in person.

Trusts: that the person in front of the machine is in the room. Tokens are stored as digests. No statement
names a device; recordings do. It gets no data beyond that of its room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import or_, select, update

from casework import codes
from casework.access.permissions import Act, require
from casework.center import Center
from casework.clock import new_id, now
from casework.database.engine import require_row
from casework.database.models import Interview, InterviewState, Person, RoomDevice
from casework.errors import NotSignedIn, Refused
from casework.people import people
from casework.tokens import new_token, token_digest
from chain_of_custody.encoding import canonical_json
from chain_of_custody.errors import Malformed
from chain_of_custody.items.sender import KEY_BYTES, Holder
from chain_of_custody.statements.keys import key_id

LINK_LIFETIME = timedelta(hours=72)
LIFETIME = timedelta(days=365)
PLANNED_FOR, BRINGING_IN = timedelta(hours=24), timedelta(hours=24)
"""How long after it was opened an interview may begin in its room; and how long after its end the room's
machine may import what it recorded itself."""
_RUNNING = (InterviewState.RECORDING, InterviewState.BREAK)
_PLANNED = (InterviewState.OPENED, InterviewState.CHECKED)


def invite(center: Center, by: Person, room: str) -> str:
    """Return the token of a link by which one browser becomes a device of this room, once, within 72 hours.

    `room`: a code. Raises `Forbidden`, `Refused`.
    """
    require(by, Act.MANAGE_PEOPLE)
    codes.require_code(room, "room")
    token, moment = new_token(), now()
    with center.database.begin() as session:
        session.add(
            RoomDevice(
                id=new_id(),
                room=room,
                token_digest=token_digest(token, "room"),
                redeemed=False,
                added_by=by.id,
                added_at=moment,
                expires_at=moment + LINK_LIFETIME,
            )
        )
    return token


def redeem(center: Center, token: str, key: str) -> str:
    """Use up a link; return the token by which this browser is the device.

    `key`: the browser's public key, as in `chain_of_custody.items.sender`, base64. Raises `NotSignedIn`,
    `Refused`.
    """
    try:
        public = canonical_json.base64_bytes(key, KEY_BYTES, "key")
    except Malformed as malformed:
        raise Refused(str(malformed)) from malformed
    device, moment, digest = new_token(), now(), token_digest(token, "room")
    if center.database.scalar(select(RoomDevice.id).where(RoomDevice.token_digest == digest)) is None:
        raise NotSignedIn("this link is not valid")  # guesses must not block writers
    with center.database.begin() as session:
        # One conditional update decides: of two concurrent browsers, one becomes the device.
        used = session.execute(
            update(RoomDevice)
            .where(
                RoomDevice.token_digest == digest,
                RoomDevice.redeemed.is_(False),
                RoomDevice.expires_at > moment,
                RoomDevice.revoked_at.is_(None),
            )
            .values(
                token_digest=token_digest(device, "room"),
                key_id=key_id(public),
                redeemed=True,
                expires_at=moment + LIFETIME,
            )
            .returning(RoomDevice.id)
        ).scalar_one_or_none()
    if used is None:
        raise NotSignedIn("this link is not valid")
    return device


def admitted(center: Center, token: str) -> RoomDevice:
    """Return the device whose token this is. Raises `NotSignedIn`."""
    row = center.database.scalar(
        select(RoomDevice).where(RoomDevice.token_digest == token_digest(token, "room"))
    )
    if row is None or not row.redeemed or row.revoked_at is not None or row.expires_at <= now():
        raise NotSignedIn("no such device")
    return row


def person_of_device(center: Center, token: str, interview_id: str) -> Person:
    """Return the person for whom a device acts: the one who opened the interview in the device's room.

    Raises `NotSignedIn` if it does not take place there now. Callers check that person's permissions.
    """
    device, moment = admitted(center, token), now()
    row = center.database.get(Interview, interview_id)
    if row is None or row.room != device.room:
        raise NotSignedIn("not in this device's room")
    ended = row.ended_at is not None and row.ended_at <= moment - BRINGING_IN
    missed = row.state in _PLANNED and row.opened_at <= moment - PLANNED_FOR
    if ended or missed or (row.state is InterviewState.SEALED and row.ended_at is None):
        raise NotSignedIn("this interview is not taking place now")
    person = people.get(center, row.opened_by)
    if not person.active:
        raise NotSignedIn("the person who opened the interview has left")
    return person


def holder(center: Center, person: Person, token: str | None, proof: object) -> Holder:
    """Return the holder of the device that sends a camera: the enrolled machine with this token, else the
    signed-in person.

    `token`: None if the request comes from a person's session; `proof`: as the page sent it, not checked yet.
    Raises `NotSignedIn` for a token that is not valid, `Refused` if it is used with another key than the
    machine was enrolled with.
    """
    if token is None:
        return Holder(person.id, "person", (person.name or person.organisation)[:200])
    device = admitted(center, token)
    sent = proof.get("key") if isinstance(proof, Mapping) else None
    try:
        public = canonical_json.base64_bytes(sent, KEY_BYTES, "key")
    except Malformed:
        public = b""
    if key_id(public) != device.key_id:
        raise Refused("another key than this machine was enrolled with")
    return Holder(device.id, "room", device.room)


def interview_in_room(center: Center, device: RoomDevice) -> str | None:
    """Return the id of the running interview in the device's room, else the newest planned one's, or None."""
    interviews = center.database.scalars(
        select(Interview)
        .where(
            Interview.room == device.room,
            or_(
                Interview.state.in_(_RUNNING),
                Interview.state.in_(_PLANNED) & (Interview.opened_at > now() - PLANNED_FOR),
            ),
        )
        .order_by(Interview.opened_at.desc())
    )
    running = [one for one in interviews if one.state in _RUNNING]
    return next((one.id for one in [*running, *interviews]), None)


def everyone(center: Center, by: Person) -> Sequence[RoomDevice]:
    """Return all valid devices and links, by room. Raises `Forbidden`."""
    require(by, Act.MANAGE_PEOPLE)
    return center.database.scalars(
        select(RoomDevice)
        .where(RoomDevice.revoked_at.is_(None), RoomDevice.expires_at > now())
        .order_by(RoomDevice.room, RoomDevice.added_at)
    )


def revoke(center: Center, by: Person, device_id: str) -> None:
    """Revoke a device, or a link that is not redeemed yet. Raises `Forbidden`, `Missing`."""
    require(by, Act.MANAGE_PEOPLE)
    with center.database.begin() as session:
        row = require_row(session, RoomDevice, device_id, "device")
        if row.revoked_at is None:
            row.revoked_at = now()
