"""Faults in what keeps: sealing, the spool, where a recording becomes durable first, and what opens an
item."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

SEALING, SPOOL, SPOOL_FAULTS = "test_sealing.py", "test_spool.py", "test_spool_faults.py"
OPENINGS, UNLOCKING = "test_openings.py", "test_unlocking.py"

MUTANTS = of(
    "vault",
    "tests/unit/vault",
    # --- sealing ---
    Mutant(
        "a-message-key-opens-in-any-context",
        "sealing/sealing.py",
        "_KDF_LABEL + salt + context)",
        "_KDF_LABEL + salt)",
        f"{SEALING}::test_a_pinned_message_is_what_the_specification_gives_and_opens",
    ),
    Mutant(
        "every-chunk-has-the-same-nonce",
        "sealing/sealing.py",
        "(base_nonce ^ number)",
        "base_nonce",
        f"{SEALING}::test_a_message_key_opens_its_message_and_no_other",
    ),
    Mutant(
        "a-message-may-lack-its-last-chunk",
        "sealing/sealing.py",
        "    if len(message) < HEADER_SIZE or rest < TAG_SIZE:",
        "    if rest == 0:\n        return number - 1\n    if len(message) < HEADER_SIZE or rest < TAG_SIZE:",
        f"{SEALING}::test_a_spoilt_message_is_refused_by_both_keys",
    ),
    Mutant(
        "a-message-need-not-commit-to-its-key",
        "sealing/sealing.py",
        "    if not hmac.compare_digest(key[44:], message[24:HEADER_SIZE]):",
        "    if False:",
        f"{SEALING}::test_a_spoilt_message_is_refused_by_both_keys",
    ),
    Mutant(
        "a-context-does-not-name-the-init-segment",
        "sealing/sealing.py",
        "place + self.init_digest",
        "place + bytes(32)",
        f"{SEALING}::test_a_context_is_encoded_as_the_specification_says",
    ),
    Mutant(
        "a-wrapped-key-is-not-bound-to-its-item",
        "sealing/key_wrapping.py",
        "return label + deployment + item",
        "return label + deployment + bytes(16)",
        "test_vault_keys.py",
    ),
    # --- the spool ---
    Mutant(
        "frames-are-acknowledged-before-they-are-durable",
        "spool/writer.py",
        "                self._disk.sync_data(descriptor)\n",
        "",
        f"{SPOOL}::test_a_batch_is_one_write_and_one_fdatasync",
    ),
    Mutant(
        "the-name-of-a-new-segment-is-not-synced",
        "spool/writer.py",
        "self._clock()\n        self._sync_folder()\n",
        "self._clock()\n",
        f"{SPOOL}::test_a_new_segment_has_its_name_synced_before_its_first_frame_is_acknowledged",
    ),
    Mutant(
        "the-name-of-a-closed-segment-is-not-synced",
        "spool/writer.py",
        "self._segment + 1, 0\n            self._sync_folder()\n",
        "self._segment + 1, 0\n",
        f"{SPOOL_FAULTS}::test_a_folder_whose_names_do_not_become_durable_is_left_for_good",
    ),
    Mutant(
        "a-file-is-written-to-after-its-fsync-failed",
        "spool/writer.py",
        "            self._given_up = True  # until all three steps have succeeded\n",
        "",
        f"{SPOOL_FAULTS}::test_fsync_is_never_asked_again_about_a_file_it_failed_on",
    ),
    Mutant(
        "what-was-never-acknowledged-is-kept",
        "spool/torn_segments.py",
        "            if acknowledged is not None and position.end > acknowledged:\n                break\n",
        "",
        f"{SPOOL_FAULTS}::test_after_a_failed_fsync_the_writer_goes_on_in_a_new_segment",
    ),
    Mutant(
        "a-new-file-is-not-synced",
        "disk.py",
        "        write_all(disk, descriptor, data)\n        disk.sync(descriptor)\n",
        "        write_all(disk, descriptor, data)\n",
        f"{SPOOL_FAULTS}::test_a_file_that_could_not_be_written_leaves_the_old_one",
    ),
    Mutant(
        "the-name-of-a-replaced-file-is-not-synced",
        "disk.py",
        "        disk.rename(fresh, path)\n        disk.sync_directory(path.parent)\n",
        "        disk.rename(fresh, path)\n",
        f"{SPOOL}::test_a_file_is_durable_under_its_name_once_it_is_written",
    ),
    Mutant(
        "damage-in-a-closed-segment-is-its-end",
        "spool/reader.py",
        "                if offset < file.seek(0, 2):",
        "                if False:",
        f"{SPOOL}::test_damage_in_a_closed_segment_is_no_end_of_the_recording",
    ),
    Mutant(
        "two-writers-hold-one-spool",
        "spool/folder.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        f"{SPOOL}::test_there_is_one_writer_at_a_time",
    ),
    Mutant(
        "a-frame-is-not-held-against-its-checksum",
        "spool/segments.py",
        "    if zlib.crc32(memoryview(data)[_HEADER.size :]) != check:",
        "    if False:",
        "test_segments.py",
    ),
    # --- openings ---
    Mutant(
        "an-old-viewing-opens-for-ever",
        "keyholders/openings.py",
        "        if left <= 0:",
        "        if False:",
        f"{OPENINGS}::test_a_statement_opens_nothing_once_it_is_old",
    ),
    Mutant(
        "an-opening-does-not-end",
        "keyholders/openings.py",
        "if opening.until <= self._clock() or",
        "if",
        f"{OPENINGS}::test_it_is_over_hours_after_the_statement_not_after_the_proof",
    ),
    Mutant(
        "a-clock-that-is-set-back-prolongs-an-opening",
        "keyholders/openings.py",
        " or opening.ends <= self._elapsed()",
        "",
        f"{OPENINGS}::test_a_clock_that_is_set_back_prolongs_nothing",
    ),
    Mutant(
        "a-statement-dated-ahead-opens-for-years",
        "keyholders/openings.py",
        "        if at > now + AHEAD.total_seconds():",
        "        if False:",
        f"{OPENINGS}::test_a_statement_dated_ahead_opens_nothing_beyond_what_clocks_differ",
    ),
    # --- unlocking ---
    Mutant(
        "a-sealed-passphrase-opens-twice",
        "keyholders/unlocking.py",
        "self._waiting.pop(public, (None, 0.0))",
        "self._waiting.get(public, (None, 0.0))",
        f"{UNLOCKING}::test_a_key_opens_once",
    ),
    Mutant(
        "a-passphrase-for-another-vault-is-read",
        "keyholders/unlocking.py",
        "    return _LABEL + bytes.fromhex(recipient_id(vault))",
        "    return _LABEL",
        f"{UNLOCKING}::test_what_was_sealed_for_another_vault_another_key_or_purpose_is_not_read",
    ),
)
