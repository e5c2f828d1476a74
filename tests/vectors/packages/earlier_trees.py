"""Earlier states of the ledger that something names."""

from __future__ import annotations

from tests.support.packages.alterations import lines, listed, removed, renamed, substituted
from tests.vectors.packages.centers import (
    STARTED,
)
from tests.vectors.packages.ledger import log

EARLIER = "data/checkpoints/{}.consistency"


CASES = (
    log(
        "earlier-tree-missing",
        "Nothing shows that the recording's earlier tree begins this ledger.",
        listed(removed(EARLIER.format(STARTED))),
        8,
        "Incomplete",
        "nothing shows that this earlier state begins the ledger",
        EARLIER.format(STARTED),
    ),
    log(
        "earlier-tree-one-more",
        "An earlier tree that nothing names.",
        listed(renamed(EARLIER.format(7), EARLIER.format(3), copy=True)),
        8,
        "NotProved",
        "nothing here names this earlier state",
        EARLIER.format(3),
    ),
    log(
        "earlier-tree-of-another-size",
        "An earlier tree of another size than its name.",
        listed(substituted(EARLIER.format(4), "size 4", "size 3")),
        8,
        "NotProved",
        "it is about a tree of 3 entries",
        EARLIER.format(4),
    ),
    log(
        "earlier-tree-of-another-root",
        "An earlier tree of another root.",
        listed(substituted(EARLIER.format(4), r"size 4\n.{43}=", "size 4\n" + "A" * 43 + "=")),
        8,
        "ConsistencyInvalid",
        "the proof does not lead to the later root",
        EARLIER.format(4),
    ),
    log(
        "earlier-tree-a-hash-less",
        "A hash of an earlier tree's proof is missing.",
        listed(lines(EARLIER.format(7), lambda each: each[:-1])),
        8,
        "ConsistencyInvalid",
        "hashes are missing from the proof",
        EARLIER.format(7),
    ),
    log(
        "earlier-tree-a-hash-more",
        "A hash more in an earlier tree's proof.",
        listed(lines(EARLIER.format(7), lambda each: [*each, each[-1]])),
        8,
        "ConsistencyInvalid",
        "the proof has surplus hashes",
        EARLIER.format(7),
    ),
    log(
        "earlier-tree-huge",
        "An earlier tree larger than this one.",
        listed(renamed(EARLIER.format(4), EARLIER.format(2**40))),
        8,
        "Incomplete",
        "nothing shows that this earlier state begins the ledger",
        EARLIER.format(4),
    ),
)
