"""`amana demo`: one interview from camera to court, without a camera, in about a minute.

Everything is real: the service as `amana serve` starts it, on a data folder of its own; a film sent
over WebRTC by an ordinary peer in place of a room's browser; sign-in, recording, sealing and viewing through
the requests that the pages make; the court package and its check through the commands that people type. The
only difference: one program plays the administrator, the prosecutor and the room.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import httpx

from amana.demo.cli_runner import PYTHON, Failed, program, typed, word_of
from amana.demo.http_user import RequestRefused, Visitor
from amana.demo.simulated_room import RehearsalRoom, Signalling, load_film
from amana.errors import Unusable
from chain_of_custody.errors import CustodyError
from chain_of_custody.items.record import check_record, timecode
from chain_of_custody.items.recording_manifest import Index
from chain_of_custody.package.contents import Item
from chain_of_custody.tlog.inclusion_proof import TlogProof
from chain_of_custody.trust.policy import TrustPolicy
from chain_of_custody.verifier.chains import (
    check_chains,
    check_inclusion,
    check_signatures,
    open_common_checkpoint,
    parse_statements,
)
from chain_of_custody.verifier.recording_item import check_manifest
from player.package.passphrase import WORDS
from vault.errors import Altered
from vault.sealing.sealing import open_with_message_key

WITHIN = 120.0  # seconds for each step, enough for a busy machine
SHORTEST, LONGEST = 5.0, 3600.0  # seconds of recording: in a shorter one possibly no picture arrives
KEYS_AT_ONCE = 100
LINE_EVERY = 5.0  # seconds between lines of progress where they cannot be overwritten


def run(film: Path | None, seconds: float, keep: Path | None) -> int:
    """Run the demonstration and return its exit code.

    `film`: None for a test picture; `seconds`: of the recording; `keep`: its folder, None for a new one.
    Raises `Unusable`.
    """
    if film is not None and not film.is_file():
        raise Unusable(f"there is no film {film}")
    if not SHORTEST <= seconds <= LONGEST:
        raise Unusable(f"--seconds takes {SHORTEST:g} to {LONGEST:g}")
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise Unusable(f"{keep} is not empty; the demonstration wants a folder of its own")
    folder = keep or Path(tempfile.mkdtemp(prefix="amana-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_Demonstration(folder, film, seconds).run())
    except (Failed, RequestRefused, CustodyError, httpx.HTTPError, av.FFmpegError, OSError) as error:
        print(f"\namana: the demonstration stopped: {error}\nEverything is left in {folder}", file=sys.stderr)
        return 1
    return 0


class _Demonstration:
    def __init__(self, folder: Path, film: Path | None, seconds: float) -> None:
        self._folder = folder
        self._film = film
        self._seconds = seconds
        self._began = time.monotonic()
        self._next_line = 0.0

    def _say(self, text: str = "") -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {text}" if text else "", flush=True)

    def _more(self, text: str) -> None:
        print(f"          {text}", flush=True)

    async def run(self) -> None:
        self._say(
            "Preparing the film" + (f" {self._film.name}" if self._film else ": a test picture and a tone")
        )
        film = await asyncio.to_thread(load_film, self._film)
        async with _service(self._folder / "data") as link:
            self._say(f"Amana is running on {self._folder / 'data'}, with trial keys of its own")
            async with (
                await Visitor.arrive(link) as administrator,
                await administrator.invite("Demonstration prosecutor", "prosecutor") as prosecutor,
            ):
                interview = await self._open(prosecutor)
                signalling = [_signalling(prosecutor, interview, camera) for camera in ("wide", "close")]
                room = await RehearsalRoom.enter(film, *signalling)
                try:
                    await self._check(prosecutor, interview)
                    evidence = await self._record(prosecutor, interview)
                finally:
                    await room.leave()
                await self._play_back(prosecutor, evidence)
            async with self._witness():
                await self._take_to_court(interview)
        self._print_results()

    # 1. The interview is opened, and the room is checked before anything is recorded.

    async def _open(self, prosecutor: Visitor) -> str:
        case = await prosecutor.open_case()
        await prosecutor.record_consent(case)
        interview = await prosecutor.open_interview(
            case,
            purpose="testimony",
            room="1",
            place="Demonstration room",
            wish="Wishes to be recorded",
            who="Demonstration interviewer",
            role="interviewer",
        )
        self._say("A case and an interview are opened; the statement is in the ledger")
        return interview

    async def _check(self, prosecutor: Visitor, interview: str) -> None:
        path = f"/interviews/{interview}/check"
        deadline = time.monotonic() + WITHIN
        while True:
            checks = (await prosecutor.post_json(path))["checks"]
            failing = [check for check in checks if check["state"] == "fail"]
            if not failing:
                break
            if time.monotonic() > deadline:
                raise Failed("the room is not ready: " + ", ".join(str(check["check"]) for check in failing))
            await asyncio.sleep(0.5)
        self._say(f"Two cameras and a microphone are connected over WebRTC; {len(checks)} checks passed")

    # 2. It is recorded: each second sealed, hashed and durable as it happens.

    async def _record(self, prosecutor: Visitor, interview: str) -> str:
        address = f"/interviews/{interview}"
        begun = await prosecutor.post_json(f"{address}/begin")
        evidence = str(begun["evidence"])
        self._say("Recording")
        marked = False
        deadline = time.monotonic() + self._seconds + WITHIN
        while True:
            status = await prosecutor.look(f"{address}/status")
            elapsed, safe = int(status["elapsed"]), int(status["safe"])
            self._progress(f"recording {timecode(elapsed)}   safe up to {timecode(safe)}")
            if safe >= self._seconds * 1_000_000 and not status["losses"]:
                break
            if time.monotonic() > deadline:
                raise Failed(f"safe up to {timecode(safe)} only; what is being lost: {status['losses']}")
            if not marked and elapsed >= self._seconds * 500_000:
                await prosecutor.post_json(f"{address}/mark", evidence=evidence, text="Half of it", ago=0)
                marked = True
            await asyncio.sleep(0.25)
        stopped = time.monotonic()
        await prosecutor.post_json(f"{address}/stop", evidence=evidence, reason="finished")
        while (status := await prosecutor.look(f"{address}/status"))["state"] != "sealed":
            if time.monotonic() > stopped + WITHIN:
                raise Failed(f"the recording is not sealed: {status['state']}")
            await asyncio.sleep(0.05)
        self._progress("")
        self._say(
            f"Stopped and sealed in {time.monotonic() - stopped:.2f} s: nothing can be added or changed"
        )
        return evidence

    def _progress(self, text: str) -> None:
        if sys.stdout.isatty():
            print(f"\r          {text:<60}\r", end="", flush=True)
        elif text and time.monotonic() >= self._next_line:
            self._more(text)
            self._next_line = time.monotonic() + LINE_EVERY

    # 3. It is opened as a viewer opens it: stated first, then each piece is checked before it counts.

    async def _play_back(self, prosecutor: Visitor, evidence: str) -> None:
        opened = await prosecutor.post_json(f"/evidence/{evidence}/viewings", purpose="review")
        viewing = f"/viewings/{opened['viewing']}"
        proof = await prosecutor.look(f"{viewing}/proof")
        index = _proved_index(evidence, proof)
        size = 0
        for first in range(0, len(index.records), KEYS_AT_ONCE):
            records = index.records[first : first + KEYS_AT_ONCE]
            keys = (
                await prosecutor.post_json(f"{viewing}/keys", indices=[record.index for record in records])
            )["keys"]
            for record, key in zip(records, keys, strict=True):
                message = await prosecutor.fetch(f"{viewing}/messages/{record.index}")
                # Check the digest first: the key of one message does not cover the salt before it.
                if sha256(message).hexdigest() != record.cipher:
                    raise Failed(f"altered at {record.where}")
                try:
                    size += len(check_record(record, open_with_message_key(base64.b64decode(key), message)))
                except Altered as error:
                    raise Failed(f"altered at {record.where}: {error}") from error
        self._say(
            f"Played back through the verifier: {len(index.records)} pieces, {size / 1e6:.1f} MB, all proved"
        )

    # 4. A court runs its own witness, which signs only one history of the ledger.

    @asynccontextmanager
    async def _witness(self) -> AsyncIterator[None]:
        here, center = ("--data", str(self._folder / "witness")), ("--data", str(self._folder / "data"))
        await typed("amana", "witness", "init", *here, "--name", "demonstration.court/witness")
        keys = (await typed("amana", "witness", "keys", *here)).stdout.split()
        policy = (await typed("amana", "policy", "show", *center)).stdout.splitlines()
        logs = [line.removeprefix("log ") for line in policy if line.startswith("log ")]
        await typed("amana", "witness", "add-log", *here, *logs)
        async with program("amana", "witness", "serve", *here, "--port", "0") as lines:
            address = await asyncio.wait_for(word_of(lines, "http://"), WITHIN)
            await typed("amana", "policy", "add-witness", "demonstration-court", address, *keys, *center)
            await typed("amana", "policy", "quorum", "all", "demonstration-court", *center)
            self._say("A court's witness runs beside it; from now on the policy asks for its signature")
            yield

    # 5. A sealed package on a USB stick is verified offline; a flipped bit is detected.

    async def _take_to_court(self, interview: str) -> None:
        data = ("--data", str(self._folder / "data"))
        stick, policy = self._folder / "stick", self._folder / "policy.txt"
        person = ("--purpose", "hearing", "--as", "Demonstration prosecutor")
        made = await typed("amana", "export", interview, "--to", str(stick), *person, *data)
        words = self._folder / "nine-words.txt"
        words.write_text(_nine_words(made.stdout))
        policy.write_text((await typed("amana", "policy", "show", *data)).stdout)
        self._say(f"The stick for the court: {stick}")
        self._more("testimony.amana, sealed under nine words; verify.html, which opens and verifies it")

        check = ("chain_of_custody", "verify", "--policy", str(policy))
        sealed = ("--passphrase-file", str(words), str(stick / "testimony.amana"))
        intact = await typed(*check, *sealed)
        self._say("python -P -m chain_of_custody verify … --policy …   (no network, no database)")
        self._more(_verdict(intact.stdout))

        altered = self._folder / "altered-copy"
        await typed("amana", "export", interview, "--to", str(altered), *person, *data, "--plain")
        film = next((altered / "testimony" / "data" / "recordings").rglob("wide.mp4"))
        offset = film.stat().st_size // 2
        _flip_bit(film, offset)
        self._say(f"One bit of a plain copy is flipped: byte {offset} of {film.relative_to(altered)}")
        caught = await typed(*check, str(altered / "testimony"), expect=1)
        self._more(_verdict(caught.stdout or caught.stderr))

    def _print_results(self) -> None:
        amana = Path(PYTHON).with_name("amana")
        folder = self._folder
        print(f"""
What to look at, all in {folder}
    stick/verify.html                  double-click it; choose stick/testimony.amana, then policy.txt
    nine-words.txt                     what opens it (a center sends them by another way)
    altered-copy/testimony/data/       the same in clear, with one flipped bit:
        viewing/*.mp4                    picture and sound together, for any player
        certificate.pdf                  Arabic and English, signed
        statements/                      who did what, signed, each with its proof
Check either again:
    {PYTHON} -P -m chain_of_custody verify {folder}/stick/testimony.amana --policy {folder}/policy.txt
See the recording in the court's page (the second command, in another terminal, prints a way in):
    {amana} serve --data {folder}/data
    {amana} link "Demonstration prosecutor" --data {folder}/data
Remove it all:
    rm -r {folder}""")


def _signalling(prosecutor: Visitor, interview: str, camera: str) -> Signalling:
    async def answer(offer: str) -> str:
        return await prosecutor.offer(interview, camera, offer)

    return answer


def _proved_index(evidence: str, proof: Mapping[str, Any]) -> Index:
    """Return the recording's index, after proving everything around it as the court's verifier does.

    That is: both signatures of the ledger, the inclusion and signature of every statement, the custody chain,
    and the seal. Raises `CustodyError`.
    """
    policy = TrustPolicy.parse(str(proof["policy"]).encode())
    proofs, leaves = {}, {}
    for filed in proof["statements"]:
        inclusion = TlogProof.parse(str(filed["proof"]).encode())
        proofs[inclusion.index] = inclusion
        leaves[inclusion.index] = base64.b64decode(filed["leaf"])
    checkpoint, _ = open_common_checkpoint(proofs, policy)
    check_inclusion(leaves, proofs, checkpoint)
    statements = parse_statements(leaves)
    check_signatures(statements, policy)
    chain = check_chains(statements, (evidence,), policy).items[evidence]
    files = {
        "manifest.json": str(proof["manifest"]).encode(),
        "index.jsonl": str(proof["index"]).encode(),
    }
    index = check_manifest(Item(evidence, "recordings", (), ()), files, chain, policy).index
    assert index is not None, "of a whole recording"
    return index


@asynccontextmanager
async def _service(data: Path) -> AsyncIterator[str]:
    """Run `amana serve` on its own folder and a free port while needed; yields the first sign-in link."""
    async with program("amana", "serve", "--data", str(data), "--port", "0") as lines:
        try:
            yield await asyncio.wait_for(word_of(lines, "http", "/sign-in#"), WITHIN)
        except TimeoutError:
            raise Failed(f"Amana did not start; its logs are in {data / 'log'}") from None


def _flip_bit(file: Path, offset: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(offset)
        byte = opened.read(1)[0]
        opened.seek(offset)
        opened.write(bytes([byte ^ 1]))


def _nine_words(output: str) -> str:
    for line in output.splitlines():
        if len(line.split()) == WORDS and line.startswith("    "):
            return line.strip() + "\n"
    raise Failed("no passphrase was told")


def _verdict(text: str) -> str:
    """Return the line of the output that gives the verdict."""
    answers = ("INTACT", "NOT PROVED", "CONSISTENT", "NOT YET WITNESSED")
    return next((line for line in text.splitlines() if line.upper().startswith(answers)), text.strip())
