"""Faults in who may do what, for how long, and in where a sealed message belongs."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

PERMISSIONS, GRANTS, RETENTION = (
    "access/test_permissions.py",
    "grants/test_grants.py",
    "retention/test_schedules.py",
)

MUTANTS = of(
    "casework",
    "tests/unit/casework",
    # --- sign-in ---
    Mutant(
        "an-idle-session-goes-on",
        "people/people.py",
        "(row.seen_at or row.began_at) > moment - center.session_idle",
        "True",
        "people/test_sign_in_methods.py::test_a_session_that_nobody_uses_ends_and_stays_ended",
    ),
    Mutant(
        "recovery-codes-take-any-confirmation",
        "people/webauthn_challenges.py",
        "if self != Confirmation(person_id, purpose):",
        "if self.person_id != person_id:",
        "people/test_sign_in_methods.py::test_a_session_alone_makes_no_codes",
    ),
    Mutant(
        "any-session-sets-a-password",
        "people/passwords.py",
        "if signed_in.method not in (SignInMethod.LINK, SignInMethod.RECOVERY):",
        "if signed_in.method is SignInMethod.PASSWORD:",
        "people/test_passwords.py::test_a_session_that_neither_link_nor_code_began_sets_no_password",
    ),
    # --- permissions ---
    Mutant(
        "an-administrator-views-evidence",
        "access/permissions.py",
        'Act.VIEW_EVIDENCE:     _row(".  ',
        'Act.VIEW_EVIDENCE:     _row("*  ',
        f"{PERMISSIONS}::test_an_administrator_reaches_no_testimony",
    ),
    Mutant(
        "who-has-left-still-reaches",
        "access/permissions.py",
        " if person.active else Reach.NOWHERE",
        "",
        f"{PERMISSIONS}::test_whoever_has_left_may_nothing",
    ),
    Mutant(
        "somebody-elses-case-is-ones-own",
        "access/permissions.py",
        "case Reach.OWN_CASES if not _own(session, person, case):",
        "case Reach.OWN_CASES if False:",
        f"{PERMISSIONS}::test_somebody_elses_case_is_forbidden_until_it_is_given",
    ),
    Mutant(
        "a-case-taken-back-stays-open",
        "access/permissions.py",
        "            CaseAccess.withdrawn_at.is_(None),\n",
        "",
        "cases/test_cases.py::test_a_case_taken_back_is_gone_at_once_and_both_are_stated",
    ),
    # --- grants ---
    Mutant(
        "a-grant-that-has-ended-opens",
        "access/grants_in_force.py",
        "    if grant.ends_at <= at:",
        "    if False:",
        f"{GRANTS}::test_a_grant_opens_from_its_beginning_to_its_end",
    ),
    Mutant(
        "a-grant-that-has-not-begun-opens",
        "access/grants_in_force.py",
        "    if grant.begins_at > at:",
        "    if False:",
        f"{GRANTS}::test_a_grant_opens_from_its_beginning_to_its_end",
    ),
    Mutant(
        "a-grant-that-was-withdrawn-opens",
        "access/grants_in_force.py",
        "    if grant.withdrawn_at is not None:",
        "    if False:",
        f"{GRANTS}::test_a_withdrawal_holds_at_once_also_for_what_is_open",
    ),
    Mutant(
        "a-grant-outlives-the-consent-it-rests-on",
        "access/grants_in_force.py",
        "consent.outcome in GONE:",
        'consent.outcome == "refused":',
        f"{GRANTS}::test_a_grant_that_rests_on_consent_needs_it_and_ends_with_it",
    ),
    Mutant(
        "consent-for-the-court-is-consent-for-the-defence",
        "access/grants_in_force.py",
        'Role.DEFENCE: "share-defence"',
        'Role.DEFENCE: "share-court"',
        f"{GRANTS}::test_consent_to_one_kind_of_sharing_says_nothing_of_another",
    ),
    Mutant(
        "a-grant-is-for-any-purpose",
        "access/grants_in_force.py",
        "if purpose is not None and grant.purpose != purpose:",
        "if False:",
        f"{GRANTS}::test_the_viewing_names_the_grant_and_is_for_its_purpose_alone",
    ),
    Mutant(
        "a-copy-leaves-that-nobody-authorised",
        "access/grants_in_force.py",
        "    if copy and grant.authorised_at is None:",
        "    if False:",
        f"{GRANTS}::test_a_copy_needs_a_grant_that_says_so_and_its_authorisation",
    ),
    Mutant(
        "a-grant-of-all-recordings-reaches-photographs",
        "access/grants_in_force.py",
        "(grant.items is None and not named)",
        "grant.items is None",
        f"{GRANTS}::test_a_grant_of_every_recording_reaches_nothing_that_must_be_named",
    ),
    Mutant(
        "another-grant-keeps-open-what-was-opened",
        "evidence/gateway.py",
        "grant = grants_in_force.still(session, person, under.grant_id)",
        "pass",
        f"{GRANTS}::test_another_grant_does_not_keep_open_what_was_opened_under_one_that_ended",
    ),
    Mutant(
        "an-agreement-is-accepted-unread",
        "grants/grants.py",
        "    if not center.keyholder.status().unlocked:",
        "    if False:",
        f"{GRANTS}::test_nothing_opens_before_the_agreement_was_undertaken",
    ),
    # --- retention, holds, disposals ---
    Mutant(
        "the-shortest-rule-wins",
        "retention/schedules.py",
        "return max(periods, key",
        "return min(periods, key",
        f"{RETENTION}::test_the_longest_rule_that_applies_wins",
    ),
    Mutant(
        "a-case-of-no-type-is-kept-as-any",
        "retention/schedules.py",
        "            periods += [\n",
        "            _ = [\n",
        f"{RETENTION}::test_the_longest_rule_that_applies_wins",
    ),
    Mutant(
        "rules-that-give-a-type-twice-are-read",
        "retention/schedules.py",
        "match is None or match[1] in terms or",
        "match is None or",
        f"{RETENTION}::test_rules_that_cannot_be_read_are_refused_as_a_whole",
    ),
    Mutant(
        "a-hold-keeps-nothing",
        "retention/legal_holds.py",
        "    if found := in_force(session, case_id):",
        "    if (found := in_force(session, case_id)) and False:",
        "retention/test_legal_holds.py::test_a_hold_is_stated_first_and_its_reference_is_for_those_of_the_case_alone",
    ),
    Mutant(
        "a-hold-that-was-lifted-keeps-for-ever",
        "retention/legal_holds.py",
        "        .where(Hold.case_id == case_id, Hold.lifted_at.is_(None))",
        "        .where(Hold.case_id == case_id)",
        "retention/test_legal_holds.py::test_each_hold_ends_by_itself_and_once",
    ),
    Mutant(
        "a-hold-does-not-take-disposals-back",
        "retention/legal_holds.py",
        "    take_back(center)\n",
        "",
        "retention/test_destruction.py::test_a_rule_and_a_hold_stand_in_its_way_at_both_steps",
    ),
    Mutant(
        "one-person-disposes-alone",
        "retention/disposal_requests.py",
        "        if disposal.requested_by == person.id:",
        "        if False:",
        "retention/test_destruction.py::test_two_different_people_have_to_say_so",
    ),
    Mutant(
        "a-rule-is-not-looked-at-again-when-a-disposal-is-approved",
        "retention/disposal_requests.py",
        "        require_free(center, session, case, disposal.item)\n",
        "",
        "retention/test_destruction.py::test_a_rule_and_a_hold_stand_in_its_way_at_both_steps",
    ),
    # --- attempts at passwords ---
    Mutant(
        "failures-do-not-double-the-wait",
        "people/sign_in_throttle.py",
        "2 ** min(beyond, 16)",
        "2 * beyond",
        "people/test_passwords.py::test_after_some_that_are_free_each_failure_doubles_the_wait",
    ),
    Mutant(
        "a-network-guesses-at-many-numbers-unslowed",
        "people/sign_in_throttle.py",
        'return f"account:{account}", f"network:{network(address)}"',
        'return (f"account:{account}",)',
        "people/test_passwords.py::test_one_network_guessing_at_many_numbers_is_slowed_too_and_others_are_not",
    ),
    Mutant(
        "a-known-browser-is-known-for-every-account",
        "tokens.py",
        r'"\0".join((*context, token)).encode()',
        "token.encode()",
        "people/test_passwords.py::test_guesses_of_others_do_not_lock_a_person_out_of_a_browser_that_is_known",
    ),
    Mutant(
        "one-right-password-forgives-a-whole-network",
        "people/sign_in_throttle.py",
        'row.failures - 1 if subject.startswith("network:") else 0',
        "0",
        "people/test_passwords.py::test_one_right_password_forgives_its_network_one_failure",
    ),
    Mutant(
        "a-browser-is-known-for-ever",
        "people/sign_in_throttle.py",
        "known is not None and known.expires_at > moment",
        "known is not None",
        "people/test_passwords.py::test_a_browser_is_known_for_half_a_year",
    ),
    # --- sandbox ---
    Mutant(
        "a-decoder-may-have-sockets",
        "sandbox/system_calls.py",
        '"execve exit exit_group ',
        '"socket connect execve exit exit_group ',
        "sandbox/test_seccomp.py::test_what_a_decoder_may_call_leads_nowhere",
    ),
    Mutant(
        "a-sandbox-shares-the-network",
        "sandbox/bubblewrap.py",
        '("user", "pid", "ipc", "net", "uts", "cgroup")',
        '("user", "pid", "ipc", "uts", "cgroup")',
        "sandbox/test_seccomp.py::test_a_sandbox_shares_no_namespace",
    ),
    # --- contexts ---
    Mutant(
        "media-are-not-bound-to-their-init-segment",
        "sealing/sealing_context.py",
        "init = _NO_INIT if record.init is None else bytes.fromhex(records[record.init].cipher)",
        "init = _NO_INIT",
        "sealing/test_sealing_context.py",
    ),
    Mutant(
        "a-message-is-not-bound-to-its-track",
        "sealing/sealing_context.py",
        "        track,\n        number,",
        "        0,\n        number,",
        "sealing/test_sealing_context.py",
    ),
    Mutant(
        "a-message-is-not-bound-to-its-number",
        "sealing/sealing_context.py",
        "        track,\n        number,",
        "        track,\n        0,",
        "sealing/test_sealing_context.py",
    ),
    # --- names ---
    Mutant(
        "a-name-holds-what-is-not-seen",
        "short_text.py",
        'category(text[at]).startswith("C")',
        'category(text[at]) == "Cc"',
        "test_short_text.py",
    ),
    Mutant(
        "a-cyrillic-letter-makes-another-name",
        "people/similar_names.py",
        "    return not _forms(one).isdisjoint(_forms(other))\n",
        "    return one.casefold() == other.casefold()\n",
        "test_short_text.py",
    ),
)
