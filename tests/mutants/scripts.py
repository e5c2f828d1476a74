"""Faults in the other verifier, the pages' scripts: of the kinds that `chain_of_custody` and `vault` have."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

CANONICAL, CHAINS, MERKLE = "proof/canonical.test.js", "proof/ledger/chains.test.js", "proof/merkle.test.js"
COBBLESTONE, NOTES = "proof/cobblestone.test.js", "proof/ledger/notes.test.js"
STATEMENTS = "proof/ledger/statements.test.js"
KEYS, PACKAGE = "proof/ed25519.test.js", "package/verify.test.js"

MUTANTS = of(
    "web/static",
    "tests/scripts",
    # --- keys ---
    Mutant(
        "script-takes-a-key-that-everybody-can-sign-under",
        "proof/ed25519.js",
        "new Set([0n, 1n, ",
        "new Set([0n, ",
        KEYS,
    ),
    Mutant(
        "script-takes-any-key-in-the-policy",
        "proof/ledger/policy.js",
        'ed25519Key(fromBase64(once.get("center")))',
        'fromBase64(once.get("center"))',
        KEYS,
    ),
    # --- the profile of timestamps ---
    Mutant(
        "script-takes-a-negative-path-length",
        "proof/time/certificates.js",
        "(pathLength < 0n || !ca)",
        "!ca",
        "proof/time/timestamp_vectors.test.js",
    ),
    Mutant(
        "script-takes-any-printable-string",
        "proof/der.js",
        "if (ascii !== null && tag === PRINTABLE_STRING && ",
        "if (ascii !== null && tag === PRINTABLE_STRING || ",
        "proof/time/timestamp_vectors.test.js",
    ),
    # --- the Merkle tree ---
    Mutant(
        "script-hashes-a-node-as-a-leaf",
        "proof/merkle.js",
        "const NODE = Uint8Array.of(1);",
        "const NODE = Uint8Array.of(0);",
        MERKLE,
    ),
    Mutant(
        "script-takes-surplus-hashes",
        "proof/merkle.js",
        '    if (last === 0) throw fails("the path is too long");\n',
        "",
        MERKLE,
    ),
    Mutant(
        "script-takes-a-path-that-is-too-short",
        "proof/merkle.js",
        '  if (last !== 0) throw fails("the path is too short");\n',
        "",
        MERKLE,
    ),
    Mutant(
        "script-takes-two-roots-of-one-size",
        "proof/merkle.js",
        "    if (!equal(root1, root2))",
        "    if (false)",
        MERKLE,
    ),
    Mutant(
        "script-does-not-compare-the-earlier-root",
        "proof/merkle.js",
        "  if (!equal(earlier, root1))",
        "  if (false)",
        MERKLE,
    ),
    # --- canonical JSON ---
    Mutant(
        "script-reads-duplicate-keys-and-other-spellings",
        "proof/canonical.js",
        "  if (!equal(canonical(value), bytes))",
        "  if (false)",
        CANONICAL,
    ),
    Mutant(
        "script-orders-keys-as-people-do",
        "proof/canonical.js",
        "(a < b ? -1 : 1)",
        "a.localeCompare(b)",
        CANONICAL,
    ),
    Mutant(
        "script-reads-fractions",
        "proof/canonical.js",
        "if (!Number.isSafeInteger(value)) throw",
        "if (!Number.isFinite(value)) throw",
        CANONICAL,
    ),
    Mutant(
        "script-misses-no-key-that-is-missing",
        "proof/canonical.js",
        "present.length !== wanted.length || ",
        "",
        CANONICAL,
    ),
    Mutant(
        "script-reads-json-of-any-depth",
        "proof/canonical.js",
        "  if (depth > DEEPEST)",
        "  if (false)",
        CANONICAL,
    ),
    # --- statements and their signatures ---
    Mutant(
        "script-verifies-without-the-prefix",
        "proof/ledger/statements.js",
        "concat(PREFIX, canonical(statement))",
        "canonical(statement)",
        STATEMENTS,
    ),
    Mutant(
        "script-does-not-verify-a-receipt",
        "proof/ledger/statements.js",
        'if (type === "custody.transferred") await',
        "if (false) await",
        STATEMENTS,
    ),
    Mutant(
        "script-reads-a-key-twice",
        "proof/ledger/signatures.js",
        "item.key <= ",
        "item.key < ",
        STATEMENTS,
    ),
    Mutant(
        "script-takes-a-key-from-its-own-enrolment-on",
        "proof/ledger/signatures.js",
        "enrolled >= index",
        "enrolled > index",
        STATEMENTS,
    ),
    Mutant(
        "script-takes-a-key-at-its-own-revocation",
        "proof/ledger/signatures.js",
        "index >= revoked",
        "index > revoked",
        STATEMENTS,
    ),
    Mutant(
        "script-takes-a-recorder-beside-another",
        "proof/ledger/signatures.js",
        "if (signatures.length !== 1)",
        "if (signatures.length < 1)",
        STATEMENTS,
    ),
    Mutant(
        "script-verifies-the-first-signature-alone",
        "proof/ledger/signatures.js",
        "  for (const signature of signatures) {",
        "  for (const signature of signatures.slice(0, 1)) {",
        STATEMENTS,
    ),
    # --- notes and checkpoints ---
    Mutant(
        "script-takes-a-note-signed-twice-by-one-key",
        "proof/ledger/notes.js",
        "  if (another) throw",
        "  if (false) throw",
        NOTES,
    ),
    Mutant(
        "script-does-not-verify-the-post-quantum-signature",
        "proof/ledger/notes.js",
        'checkSignature("ML-DSA-44", keys.mldsa44, stamped.slice(8), message, "the ledger\'s checkpoint")',
        "Promise.resolve()",
        NOTES,
    ),
    Mutant(
        "script-takes-any-time-of-signing",
        "proof/ledger/notes.js",
        "  if (timestamp > LATEST)",
        "  if (false)",
        NOTES,
    ),
    # --- sealed messages ---
    Mutant(
        "script-opens-without-the-commitment",
        "proof/cobblestone.js",
        "  if (!opener.opens(message))",
        "  if (false)",
        COBBLESTONE,
    ),
    Mutant(
        "script-opens-a-message-without-its-last-chunk",
        "proof/cobblestone.js",
        "|| rest < TAG)",
        "|| (rest > 0 && rest < TAG))",
        COBBLESTONE,
    ),
    Mutant(
        "script-derives-a-key-for-any-context",
        "proof/cobblestone.js",
        "concat(LABEL, salt, context)",
        "concat(LABEL, salt)",
        COBBLESTONE,
    ),
    # --- the chains and steps of a package ---
    Mutant(
        "script-misses-no-number-left-out",
        "proof/ledger/chains.js",
        "    if (one.statement.number !== number) {",
        "    if (one.statement.number < number) {",
        CHAINS,
    ),
    Mutant(
        "script-takes-a-seal-by-another-recorder",
        "proof/ledger/chains.js",
        "    if (one.signatures.some(",
        "    if (false && one.signatures.some(",
        CHAINS,
    ),
    Mutant(
        "script-takes-an-interview-opened-after-it-was-recorded",
        "proof/ledger/chains.js",
        "  if (opened.position >= begun.position)",
        "  if (false)",
        CHAINS,
    ),
    Mutant(
        "script-takes-practice-as-evidence",
        "proof/ledger/chains.js",
        "  if (opened.statement.body.practice)",
        "  if (false)",
        CHAINS,
    ),
    Mutant(
        "script-takes-a-statement-filed-elsewhere",
        "proof/ledger/chains.js",
        "      if (index !== position)",
        "      if (false)",
        CHAINS,
    ),
    Mutant(
        "script-lets-whoever-made-a-derivative-check-it",
        "proof/ledger/chains.js",
        "  if (unchecked)",
        "  if (false)",
        CHAINS,
    ),
    Mutant(
        "script-calls-a-package-of-unknown-origin-intact",
        "package/verify.js",
        'registered ? "intact" : "consistent"',
        '"intact"',
        PACKAGE,
    ),
    Mutant(
        "script-does-not-hold-fragments-against-their-leaves",
        "package/steps.js",
        "      for (const opening of found) await checkFragments(opening, bag, done);\n",
        "",
        PACKAGE,
    ),
    Mutant(
        "script-takes-another-package-than-was-exported",
        "package/steps.js",
        '    await this.#step("package", () => checkExports(files.bag, chains, openings));\n',
        "",
        PACKAGE,
    ),
    # --- text ---
    Mutant(
        "script-shows-a-mark-that-turns-the-text",
        "page/words.js",
        "\\u2028-\\u202e\\u2060-",
        "\\u2028-\\u2029\\u2060-",
        "page/shown_text.test.js",
    ),
)
