"""Fuzz one harness: `python -m tests.fuzz.one NAME CORPUS SECONDS FOUND`, as `tests.fuzz.all` does.

Needs atheris. What is found is written to the folder FOUND as the bytes that bring it about. With
FUZZ_SEED, a number other than 0, the same inputs are made again from the same corpus.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["chain_of_custody"]):
    from tests.fuzz.harnesses import HARNESSES
    from tests.fuzz.in_both import IN_BOTH

from chain_of_custody.errors import CustodyError
from tests.fuzz.alterations import altered

MAX_LENGTH = 65_536
"""Bytes of an input. Bounds on length are for the unit tests; here it is structure that is looked for."""
MEGABYTES = 1_024
SECONDS_EACH = 20
"""A reader that takes so long for one input has been given a bomb."""
BLINDLY = 0.3
"""How often an input is altered as mere bytes."""
PROGRAMS = ("timestamps_in_both",)
"""Harnesses whose inputs are numbers of their own, with no form to keep to."""


def main(name: str, corpus: Path, seconds: str, found: Path) -> None:
    read, make_seeds = {**HARNESSES, **IN_BOTH}[name]
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    seeds = make_seeds()
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def once(data: bytes) -> None:
        with suppress(CustodyError):
            read(data)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        """As bytes, or as what they are: a tree, lines, numbers."""
        chance = Random(seed)
        whole = (
            atheris.Mutate(data, len(data) or 1)
            if chance.random() < BLINDLY
            else altered(data, chance, seeds)
        )
        return bytes(whole[:most])

    options = (
        f"-max_total_time={seconds}",
        f"-max_len={MAX_LENGTH}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-timeout={SECONDS_EACH}",
        f"-seed={os.environ.get('FUZZ_SEED', '0')}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        "-verbosity=0",
    )
    mutator = {} if name in PROGRAMS else {"custom_mutator": changed}
    atheris.Setup([sys.argv[0], *options, str(corpus)], once, **mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
