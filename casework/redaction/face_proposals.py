"""Face proposals for covering, while one part of an edit list's interview is open in its editor.

    requested → waiting → searching → done, or the reason why not

The editor polls the progress, and cancels when it is closed or another part is opened. If it could not
cancel, since the person signed out or a machine went down, polling stops, and the search ends (`UNASKED`).

In this order, and no other:

1. **Permission**: the person may change the list, and the part's viewing is theirs and not over. Checked
   again before each piece of the film is opened.
2. **Statement**: the viewing's own, `evidence.viewed`, by which this person opened this part; it was durable
   before the viewing began.
3. Contents are opened record by record, with message keys only, as far as the viewing reaches, and go through
   a pipe to the detector (`face_detection`).

A result is a proposal (`face_tracking`): it is held in this process's memory for an hour, is shown to the
person who requested it, and enters a list only by their action. One film is scanned at a time, with idle
processor time.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from casework.center import Center
from casework.clock import now
from casework.database.models import Person
from casework.errors import Cancelled, CaseworkError, Refused
from casework.evidence import gateway, viewing_sessions
from casework.evidence.viewing import Viewing
from casework.redaction import edit_lists, face_detection, face_tracking
from casework.redaction.edits import Region
from casework.redaction.face_detection import FacesFailed, FacesMissing, ScannedPicture
from casework.working_copies.film_plan import Edits, Film, scene_of
from chain_of_custody.errors import CustodyError
from vault.errors import VaultError

log = logging.getLogger(__name__)

RETAINED = timedelta(hours=1)
"""How long proposals are available before they are deleted."""
UNASKED = timedelta(minutes=2)
"""After this time without a poll a search ends.

A visible editor polls every second; browsers let a hidden one poll once a minute.
"""
MOST = 4
"""Maximum films of one person that wait or are being scanned."""
_BATCH = 32
"""Records between two permission checks."""
UNSEEN = 2_000_000
"""µs without a scanned picture; longer gaps are reported to the requester."""

State: TypeAlias = Literal["waiting", "looking", "done", "cancelled", "failed"]


@dataclass
class Search:
    """A search requested by one person: faces of one camera of one part."""

    person: str
    list_id: str
    viewing: str
    evidence: str
    picture: str
    asked_at: datetime
    """Time of the request, or of the last poll."""
    state: State = "waiting"
    done: int = 0
    """µs of film scanned, of `total`."""
    total: int = 0
    unseen: int = 0
    """µs of film of which no picture could be scanned."""
    regions: tuple[Region, ...] = ()
    failure: str | None = None
    ended_at: datetime | None = None
    stopped: threading.Event = field(default_factory=threading.Event, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object for the editor's page: progress in µs, and the regions proposed."""
        return {
            "done": self.done,
            "evidence": self.evidence,
            "failure": self.failure,
            "picture": self.picture,
            "regions": [one.to_json() for one in self.regions],
            "state": self.state,
            "total": self.total,
            "unseen": self.unseen,
        }


class FaceProposals:
    """The searches of this process."""

    def __init__(self, center: Center) -> None:
        self._center = center
        self._searches: dict[tuple[str, str], Search] = {}
        """By person and list: a request for another camera cancels the previous one."""
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="faces")

    @property
    def available(self) -> bool:
        """Whether this machine can detect faces."""
        return face_detection.available()

    def begin(self, person: Person, list_id: str, viewing_id: str, picture: str) -> Search:
        """Search for faces of one camera in the part of that viewing.

        Raises `FacesMissing`, `Forbidden`, `Missing`, `VaultLocked`, and `Refused` for a camera or a part
        that is not the list's, or if this person has too many searches.
        """
        viewing = self._permitted(person, list_id, viewing_id, picture)  # 1, and 2, which it proves
        if not self.available:
            raise FacesMissing("no face detector on this machine")
        viewing_sessions.require_unlocked(self._center)
        search = Search(person.id, list_id, viewing.id, viewing.evidence, picture, now())
        with self._lock:
            self._expire()
            self._stop(self._searches.get((person.id, list_id)))
            mine = [one for one in self._searches.values() if one.person == person.id]
            if sum(one.state in ("waiting", "looking") and not one.stopped.is_set() for one in mine) >= MOST:
                raise Refused("too many films are to be looked at")
            self._searches[person.id, list_id] = search
        self._worker.submit(self._run, search, person)
        return search

    def latest(self, person: Person, list_id: str) -> Search | None:
        """Return this person's latest search, unless it has expired; counts as a poll.

        Raises `Forbidden`, `Missing`.
        """
        edit_lists.get(self._center, person, list_id)
        with self._lock:
            self._expire()
            search = self._searches.get((person.id, list_id))
            if search is None:
                return None
            search.asked_at = now()
            return replace(search)

    def cancel(self, person: Person, list_id: str) -> None:
        """Cancel the search. Raises `Forbidden`, `Missing`."""
        edit_lists.get(self._center, person, list_id)
        with self._lock:
            self._stop(self._searches.get((person.id, list_id)))

    def close(self) -> None:
        """Start no more searches; running ones are cancelled and deleted."""
        with self._lock:
            for search in self._searches.values():
                self._stop(search)
            self._searches.clear()
        self._worker.shutdown(cancel_futures=True)

    # Inside.

    @staticmethod
    def _stop(search: Search | None) -> None:
        if search is not None and search.state in ("waiting", "looking"):
            search.stopped.set()
            search.state, search.ended_at = "cancelled", now()

    def _stop_unasked(self, search: Search) -> None:
        if search.asked_at <= now() - UNASKED:
            self._stop(search)

    def _unwanted(self, search: Search) -> bool:
        """Return whether the search is cancelled."""
        with self._lock:
            self._stop_unasked(search)
            return search.stopped.is_set()

    def _require_not_cancelled(self, search: Search) -> None:
        if self._unwanted(search):
            raise Cancelled("nobody wants to know any more")

    def _expire(self) -> None:
        since = now() - RETAINED
        for key, one in list(self._searches.items()):
            self._stop_unasked(one)
            if one.ended_at is not None and one.ended_at <= since:
                del self._searches[key]

    def _permitted(self, person: Person, list_id: str, viewing_id: str, picture: str) -> Viewing:
        person = self._center.database.get_one(Person, person.id)  # may have left since
        row = edit_lists.get(self._center, person, list_id)
        viewing = gateway.viewing(self._center, person, viewing_id)
        if viewing.evidence not in row.parts or picture not in row.edits["pictures"]:
            raise Refused("a part or a camera that is not in this list")
        return viewing

    def _run(self, search: Search, person: Person) -> None:
        try:
            regions = self._look(search, person)
        except Cancelled:
            return
        except (CaseworkError, CustodyError, VaultError, OSError) as error:
            code = getattr(error, "code", FacesFailed.code)
            log.warning("faces of %s cannot be looked for: %s", search.evidence, type(error).__name__)
            self._ended(search, "failed", code=code)
        except Exception:
            log.exception("faces of %s cannot be looked for", search.evidence)
            self._ended(search, "failed", code=FacesFailed.code)
        else:
            self._ended(search, "done", regions)

    def _ended(
        self, search: Search, state: State, regions: list[Region] | None = None, code: str | None = None
    ) -> None:
        with self._lock:
            if not search.stopped.is_set():
                search.state, search.regions, search.failure = state, tuple(regions or ()), code
                search.ended_at = now()

    def _look(self, search: Search, person: Person) -> list[Region]:
        with self._lock:
            self._stop_unasked(search)
            if search.stopped.is_set():
                raise Cancelled("nobody wants to know any more")
            search.state = "looking"
        viewing = self._permitted(person, search.list_id, search.viewing, search.picture)
        recording = viewing.recording
        open_ = [scanned for scanned in recording.records if viewing.reaches(scanned.index)]
        edits = Edits("one", (search.picture,), (), 0)
        scene = scene_of(viewing.header, open_, recording.manifest.digest, edits, None)
        (lane,) = scene.pictures
        ends = [film.records[-1].end for film in lane.films]
        search.total = sum(end - film.start for film, end in zip(lane.films, ends, strict=True))
        unwanted = functools.partial(self._unwanted, search)
        looked: list[ScannedPicture] = []
        before = 0
        for film, end in zip(lane.films, ends, strict=True):
            at = film.start
            contents = functools.partial(self._contents, search, person, film)
            for scanned in face_detection.look(contents, end - film.start, unwanted):
                search.unseen += _unseen(at, film.start + scanned.at)
                at = film.start + scanned.at
                looked.append(ScannedPicture(at, scanned.faces))
                search.done = before + min(scanned.at, end - film.start)
            search.unseen += _unseen(at, end)
            before += end - film.start
            search.done = before
        looked.sort(key=lambda scanned: scanned.at)
        heed = functools.partial(self._require_not_cancelled, search)
        return face_tracking.regions(search.evidence, search.picture, looked, scene.end, heed)

    def _contents(self, search: Search, person: Person, film: Film) -> Iterator[bytes]:
        """The film's content, as long as the person may open it."""
        for start in range(0, len(film.records), _BATCH):
            if search.stopped.is_set():
                return
            viewing = self._permitted(person, search.list_id, search.viewing, search.picture)  # 1, again
            yield from viewing.contents(film.records[start : start + _BATCH])  # 3


def _unseen(before: int, after: int) -> int:
    return after - before if after - before > UNSEEN else 0
