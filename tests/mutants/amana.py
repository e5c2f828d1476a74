"""Faults in the keyholder's memory of what it signed, in what it opens for and in its connections, and in
what slows guessing."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

GUARD = "test_signing_guard.py"
PROOFS = "test_ledger_proofs.py"

MUTANTS = of(
    "amana",
    "tests/unit/amana",
    Mutant(
        "a-rolled-back-ledger-is-signed",
        "keyholder/signing_guard.py",
        "        if previous != self._kept and previous not in self._tried:",
        "        if False:",
        GUARD,
    ),
    Mutant(
        "a-second-tree-of-the-same-size-is-signed",
        "keyholder/signing_guard.py",
        "checkpoint.size <= previous.size:",
        "checkpoint.size < previous.size:",
        GUARD,
    ),
    Mutant(
        "a-tree-is-signed-without-its-proof",
        "keyholder/signing_guard.py",
        "            _continues(previous, TreeHead(checkpoint.size, checkpoint.root), consistency)",
        "            pass",
        GUARD,
    ),
    Mutant(
        "a-tree-is-signed-before-it-is-remembered",
        "keyholder/signing_guard.py",
        '            self._remember(f"{head} on {previous}\\n" if previous else f"{head}\\n")\n'
        "            self._follow(head, previous)\n"
        "            return self._signer.sign_checkpoint(checkpoint)",
        "            signed = self._signer.sign_checkpoint(checkpoint)\n"
        '            self._remember(f"{head} on {previous}\\n" if previous else f"{head}\\n")\n'
        "            self._follow(head, previous)\n"
        "            return signed",
        GUARD,
    ),
    Mutant(
        "what-is-remembered-is-not-durable",
        "keyholder/signing_guard.py",
        "        os.fdatasync(self._file)",
        "        pass",
        GUARD,
    ),
    Mutant(
        "a-ledger-begins-with-entries",
        "keyholder/signing_guard.py",
        "            if checkpoint.size or checkpoint.root != EMPTY_ROOT:",
        "            if False:",
        GUARD,
    ),
    Mutant(
        "what-another-machine-signed-may-be-a-fork",
        "keyholder/signing_guard.py",
        "            _continues(base, head, consistency)\n",
        "",
        GUARD,
    ),
    Mutant(
        "a-request-is-sent-again-after-a-silence",
        "keyholder/client.py",
        "    except (BrokenPipeError, ConnectionResetError) as error:",
        "    except OSError as error:",
        "test_keyholder_socket.py::test_a_request_that_may_have_been_executed_is_not_sent_again",
    ),
    Mutant(
        "a-connection-with-a-request-makes-room",
        "keyholder/connections.py",
        "    idle = [one for one in among if one.state is _State.IDLE]\n",
        "    idle = list(among)\n",
        "test_keyholder_connections.py::test_a_process_is_turned_away_while_all_its_requests_are_answered",
    ),
    Mutant(
        "every-role-may-ask-the-keyholder-for-anything",
        "keyholder/server.py",
        "        if operation.name not in ALLOWED[role]:",
        "        if operation.name not in OPERATIONS:",
        "test_keyholder_socket.py::test_each_role_has_its_operations_and_no_other",
    ),
    Mutant(
        "every-role-may-ask-the-supervisor-for-anything",
        "supervisor/broker.py",
        "    if peer.role not in ROLES[op]:",
        "    if not peer.role:",
        "test_broker.py::test_each_operation_is_for_its_roles",
    ),
    Mutant(
        "connections-of-commands-are-kept-without-a-bound",
        "supervisor/broker.py",
        "        if len(self._open) >= self._most and not self._close_idle():",
        "        if False:",
        "test_broker.py::test_while_all_are_being_answered_a_further_command_is_refused",
    ),
    Mutant(
        "anybody-names-an-address-as-a-proxy-does",
        "http/proxies.py",
        'if named and _plain(scope["client"][0]) in self._trusted:',
        "if named:",
        "test_proxies.py::test_nobody_but_a_trusted_proxy_names_an_address",
    ),
    Mutant(
        "strangers-send-as-much-as-they-like",
        "http/session_middleware.py",
        "    throttle.count(client)\n",
        "",
        "test_owasp_guessing.py::test_what_strangers_of_one_network_send_is_bounded_and_nobody_else_waits",
    ),
    Mutant(
        "failures-are-counted-for-ever",
        "http/link_throttle.py",
        "        while times and times[0] < time.monotonic() - self._window:\n            times.popleft()\n",
        "",
        "test_sign_in.py::test_attempts_are_forgotten_after_their_window_and_others_are_not_held_up",
    ),
    Mutant(
        "who-fails-again-and-again-need-not-wait",
        "http/link_throttle.py",
        "return len(times) >= self._limit",
        "return len(times) > self._limit",
        "test_sign_in.py::test_attempts_are_forgotten_after_their_window_and_others_are_not_held_up",
    ),
    Mutant(
        "bodies-of-strangers-take-all-memory",
        "http/security_middleware.py",
        "            self._held[sender] += len(more)\n",
        "",
        "test_guards.py::test_the_bodies_of_one_network_are_bounded_together_until_they_are_answered",
    ),
    Mutant(
        "the-viewing-of-one-item-opens-another",
        "keyholder/ledger_proofs.py",
        'viewed = (statement.type, statement.evidence) == ("evidence.viewed", item)',
        'viewed = statement.type == "evidence.viewed"',
        f"{PROOFS}::test_the_viewing_of_another_item_opens_nothing",
    ),
    Mutant(
        "any-statement-about-an-item-opens-it",
        "keyholder/ledger_proofs.py",
        'viewed = (statement.type, statement.evidence) == ("evidence.viewed", item)',
        "viewed = statement.evidence == item",
        f"{PROOFS}::test_a_statement_of_another_type_opens_nothing",
    ),
    Mutant(
        "a-side-branch-that-is-left-opens-an-item",
        "keyholder/ledger_proofs.py",
        "            self._settle(head)  # 3",
        "            pass",
        f"{PROOFS}::test_a_statement_in_a_side_branch_that_was_left_opens_nothing",
    ),
    Mutant(
        "an-intimate-picture-opens-with-the-others-of-its-case",
        "keyholder/ledger_proofs.py",
        '        and not one.statement.body.get("intimate", False)\n',
        "",
        f"{PROOFS}::test_a_photograph_that_the_viewing_of_the_case_does_not_cover_stays_closed",
    ),
)
