"""Faults in what records: the clock, the order of packets, the loss map, the fragments."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

CLOCK, LOSSES, REORDER = "test_clock.py", "test_losses.py", "test_reorder.py"

MUTANTS = of(
    "recorder",
    "tests/unit/recorder",
    # --- what the tablet reports ---
    Mutant(
        "a-report-has-the-time-of-its-arrival",
        "interview/pending_notes.py",
        "return monotonic_us() - 1000 * min(ago, MOST_LATE)",
        "return monotonic_us()",
        "test_exhibits.py",
    ),
    Mutant(
        "a-late-report-may-be-as-late-as-it-likes",
        "interview/pending_notes.py",
        "1000 * min(ago, MOST_LATE)",
        "1000 * ago",
        "test_exhibits.py",
    ),
    Mutant(
        "a-drawing-is-entered-as-often-as-it-is-reported",
        "interview/drawings.py",
        "            if drawing.evidence not in self._entered:\n",
        "            if True:\n",
        "test_drawings.py",
    ),
    # --- the clock ---
    Mutant(
        "sound-is-cut-for-an-error-within-the-deadband",
        "clock.py",
        "    if abs(error) <= DEADBAND:",
        "    if abs(error) < DEADBAND:",
        CLOCK,
    ),
    Mutant(
        "time-taken-too-late-is-won-back-slowly",
        "clock.py",
        "    if error < -JUMP:",
        "    if error > JUMP:",
        CLOCK,
    ),
    Mutant(
        "a-wall-clock-that-was-set-is-told-for-ever",
        "clock.py",
        "        self._wall_offset = offset\n        return step",
        "        return step",
        CLOCK,
    ),
    Mutant(
        "the-timeline-runs-on-the-wall-clock",
        "clock.py",
        "return self.monotonic() - self.zero",
        "return self._wall() - self.epoch",
        CLOCK,
    ),
    Mutant(
        "the-slowest-report-counts",
        "clock.py",
        "arrivals[-1][1] >= offset:",
        "arrivals[-1][1] <= offset:",
        CLOCK,
    ),
    Mutant(
        "the-quickest-report-counts-for-ever",
        "clock.py",
        "        while now - arrivals[0][0] > _QUICKEST_WITHIN:\n            arrivals.popleft()\n",
        "",
        CLOCK,
    ),
    Mutant(
        "one-bad-report-moves-the-clock",
        "clock.py",
        "_CONFIRM = 3",
        "_CONFIRM = 1",
        CLOCK,
    ),
    # --- the order of packets ---
    Mutant(
        "packets-given-up-are-not-told",
        "rtp/reorder_buffer.py",
        "            self._lost(count)\n            self._release()\n            crowded",
        "            self._release()\n            crowded",
        REORDER,
    ),
    Mutant(
        "a-packet-is-waited-for-longer-than-said",
        "rtp/reorder_buffer.py",
        "(since <= limit or crowded)",
        "(since < limit or crowded)",
        REORDER,
    ),
    Mutant(
        "a-late-packet-is-a-duplicate",
        "rtp/reorder_buffer.py",
        "                self._late()\n",
        "                self.duplicates += 1\n",
        REORDER,
    ),
    # --- the loss map ---
    Mutant(
        "a-gap-at-the-end-is-not-told",
        "tracks/loss_map.py",
        "            self._gap(at, self._frames)\n",
        "",
        LOSSES,
    ),
    Mutant(
        "pictures-after-a-loss-are-not-called-damaged",
        "tracks/loss_map.py",
        "if not whole and self._damaged_from is None:",
        "if whole and self._damaged_from is None:",
        LOSSES,
    ),
    Mutant(
        "the-longer-count-of-lost-pictures-is-not-told",
        "tracks/loss_map.py",
        "max(frames, self._frames)",
        "min(frames, self._frames)",
        LOSSES,
    ),
    Mutant(
        "what-was-gathered-at-the-end-is-not-told",
        "tracks/loss_map.py",
        "        self._flush(at)\n        self.thawed(at)",
        "        self.thawed(at)",
        LOSSES,
    ),
    # --- fragments ---
    Mutant(
        "a-keyframe-begins-no-fragment",
        "tracks/fragmenter.py",
        "                or (key and not self._all_keys)\n",
        "",
        "test_fragments.py::test_a_keyframe_begins_a_fragment_and_a_second_ends_one",
    ),
    Mutant(
        "a-fragment-begins-before-the-recording",
        "tracks/fragmenter.py",
        "        return max(ticks, self._end)",
        "        return ticks",
        "test_fragments.py::test_no_fragment_begins_before_the_recording",
    ),
    Mutant(
        "a-gap-is-filled-by-its-last-picture",
        "tracks/fragmenter.py",
        "            if error <= JUMP:",
        "            if True:",
        "test_fragments.py::test_a_clock_that_jumps_ahead_leaves_a_gap_and_lengthens_no_picture",
    ),
    # --- which device may send ---
    Mutant(
        "an-offer-answered-earlier-takes-a-camera-of-a-running-part",
        "interview/connections.py",
        "        if not self._senders.may_take(coming.sender):",
        "        if not coming.sender:",
        "test_senders.py::test_an_offer_that_is_answered_before_a_part_cannot_take_its_camera",
    ),
    Mutant(
        "a-device-is-the-same-in-anybodys-hands",
        "interview/senders.py",
        "        if who == bound or (",
        "        if (bound and who.device == bound.device) or (",
        "test_senders.py::test_the_same_device_in_another_persons_session_is_another_one",
    ),
    Mutant(
        "a-nonce-is-good-for-ever",
        "interview/senders.py",
        '        challenge, since = self._nonces.pop(proof.nonce, ({}, float("-inf")))',
        '        challenge, since = self._nonces.get(proof.nonce, ({}, float("-inf")))',
        "test_senders.py::test_a_nonce_is_good_once_and_for_a_minute",
    ),
    # --- before a recording ---
    Mutant(
        "a-break-is-previewed",
        "tracks/video.py",
        "if self._sink is None and picture.key and readable:",
        "if not self._recording and picture.key and readable:",
        "test_tracks.py::test_its_newest_picture_is_shown_before_a_part_and_after_it_and_never_in_a_break",
    ),
)
