"""verify: verifying a court package of one hour, plain and sealed, against programs that read the same bytes.

The package holds two cameras and sound, 1.3 GB, without viewing copies. Peers read the same files from the
page cache, alternating with the verifier. For a plain package, the peer is `sha256sum` over the films: the
least that any check must do. The verifier also hashes every record, rebuilds the tree, and checks statements,
proofs and signatures. For a sealed one, the peer is that and `openssl enc -d -aes-256-ctr` over the sealed
file, one after the other. It authenticates nothing, since the openssl command does not support GCM. The
verifier's time includes the start of Python, and the million rounds of key derivation, which are also shown
separately.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from hashlib import pbkdf2_hmac
from pathlib import Path
from statistics import median

from bench.center import Center
from bench.hour import record_hour
from bench.tables import Target, spread, table
from chain_of_custody.package.sealed_file import ITERATIONS, seal_folder
from player.package.passphrase import new_passphrase

PLAIN_LIMIT, SEALED_LIMIT = 1.3, 1.5
"""Maximum times, in multiples of the peers'."""

Timed = tuple[float, float]
"""Wall-clock and CPU seconds."""


async def timed(*command: str, expected: int = 0) -> Timed:
    """Return the wall-clock and CPU seconds of a command. Raises `RuntimeError` if it ends otherwise."""
    used, before = os.times(), time.monotonic()
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    code = await process.wait()
    passed, now = time.monotonic() - before, os.times()
    if code != expected:
        raise RuntimeError(f"{command[0]} ended with {code}")
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return passed, cpu


async def run(folder: Path, log: Path, quick: bool) -> list[Target]:
    """Measure, print, and return the targets."""
    rounds = 2 if quick else 7
    center = Center(folder / "verify")
    hour = await record_hour(center)
    court = await asyncio.to_thread(
        center.export, hour.interview, hour.evidence, folder / "court", viewing_copies=False
    )
    shutil.rmtree(center.folder)
    words, policy, passphrase = new_passphrase(), folder / "policy", folder / "passphrase"
    passphrase.write_text(words)
    policy.write_bytes(center.policy.data)
    sealed = await asyncio.to_thread(seal_folder, court, folder / "court.amana", words)
    films = [str(path) for path in sorted(court.rglob("*.mp4"))]
    verifier = (sys.executable, "-P", "-m", "chain_of_custody", "verify", "--policy", str(policy))
    key = ("-K", "00" * 32, "-iv", "00" * 16)
    commands = {
        "sha256sum": ("sha256sum", *films),
        "plain": (*verifier, str(court)),
        "openssl": ("openssl", "enc", "-d", "-aes-256-ctr", *key, "-in", str(sealed), "-out", os.devnull),
        "sealed": (*verifier, str(sealed), "--passphrase-file", str(passphrase)),
    }
    figures: dict[str, list[Timed]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            found = await timed(*command)
            if number:  # the first round fills the page cache
                figures[name].append(found)
    before = time.monotonic()
    pbkdf2_hmac("sha512", words.encode(), bytes(16), ITERATIONS, 32)
    deriving = time.monotonic() - before
    size = sum(map(os.path.getsize, films))
    for left in (sealed, passphrase, policy):
        left.unlink()
    shutil.rmtree(court)
    both = [
        (summed[0] + opened[0], summed[1] + opened[1])
        for summed, opened in zip(figures["sha256sum"], figures["openssl"], strict=True)
    ]
    plain_ratio = ratios(figures["plain"], figures["sha256sum"])
    sealed_ratio = ratios(figures["sealed"], both)
    table(
        f"Proving one hour: {hour.records} records, {size / 1e9:.2f} GB of films, all in the page cache; "
        f"median (least–most) of {rounds}",
        ("", "seconds", "CPU seconds", "× its peer", "× its peer's CPU"),
        [
            row("sha256sum", figures["sha256sum"]),
            row("verify, plain", figures["plain"], figures["sha256sum"]),
            row("openssl enc -d -aes-256-ctr", figures["openssl"]),
            row("sha256sum, then openssl", both),
            row("verify, sealed", figures["sealed"], both),
        ],
    )
    print(f"\n  Of a sealed package's time, the key from the passphrase takes {deriving:.2f} s.")
    return [
        Target("verification of a folder, times sha256sum", median(plain_ratio), PLAIN_LIMIT, unit="×"),
        Target(
            "verification of a sealed file, times sha256sum + openssl",
            median(sealed_ratio),
            SEALED_LIMIT,
            unit="×",
        ),
    ]


def ratios(ours: list[Timed], peers: list[Timed], which: int = 0) -> list[float]:
    """Return the ratio of each round to its own peer: what slows the machine down for a while slows both."""
    return [one[which] / peer[which] for one, peer in zip(ours, peers, strict=True)]


def row(name: str, found: list[Timed], peers: list[Timed] | None = None) -> tuple[str, ...]:
    shares = ("", "") if peers is None else (spread(ratios(found, peers)), spread(ratios(found, peers, 1)))
    return (name, spread([one[0] for one in found]), spread([one[1] for one in found]), *shares)
