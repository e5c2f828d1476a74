"""`amana status`: the state of the running service, in words; `--json` for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any

from amana.centers import attached_center
from amana.commands import scrub
from amana.commands.parser import FAILED, runs
from amana.health import status as health
from amana.settings import Settings
from casework.errors import DatabaseAway
from casework.sandbox import self_check


def add(status: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    runs(status, _status)
    status.add_argument("--json", action="store_true", help="for programs")


def _status(parsed: argparse.Namespace, settings: Settings) -> int:
    try:
        with attached_center(settings) as center:
            self_check.look()
            state = health.as_text(health.look(center, settings))
    except DatabaseAway as away:
        state = health.without_database(settings, away)
    if parsed.json:
        print(json.dumps(state, indent=2))
    elif "error" in state["database"]:
        print(_line("database", state["database"], _database))
        print("      Running recordings continue, and their statements wait. Nothing else can be shown now.")
    else:
        for line in [*inside(state), *outside(state)]:
            print(line)
    return 0 if state["well"] else FAILED


def inside(state: Mapping[str, Any]) -> list[str]:
    """Return what `status.look` found within the center, as lines for a terminal."""
    lines = [_line(name, state[name], describe) for name, describe in _SENTENCE_OF.items()]
    for name, store in state["stores"].items():
        lines.append(_line(name, store, _store))
        lines.append(_line("  read again", state["reading"][name], scrub.summary))
        lines.append(_line("  ledger", state["published"][name], _published))
    for name, store in state["key_stores"].items():
        lines.append(_line(name, store, _key_copy))
        if name in state["reading"]:
            lines.append(_line("  read again", state["reading"][name], scrub.summary))
    if state["wraps_waiting"]:
        sentence = f"{_count(state['wraps_waiting'], 'wrapped key')} on the way to a copy"
        lines.append(_marked(True, "wraps", sentence))
    return lines


def outside(state: Mapping[str, Any]) -> list[str]:
    """Return what `status.look` found about witnesses and alarms, as lines for a terminal."""
    witnesses = state["witnesses"]
    lines = [_marked(witnesses["well"], "witnesses", _witnesses(witnesses))]
    for name, alarm in witnesses.get("asked", {}).items():
        sentence = f"up to {alarm['size']} entries, {alarm['trouble'] or 'no trouble'}"
        lines.append(_marked(not alarm["trouble"], f"  {name}", sentence))
    for alarm in state["alarms"]["kept"]:
        sentence = f"{alarm['kind']}, by {alarm['source']}, {alarm['at']}: amana alarms --to DIR"
        lines.append(_marked(alarm["seen"], "alarm", sentence))
    return lines


def _marked(ok: bool, name: str, text: str) -> str:
    return f"{'OK   ' if ok else 'CHECK'} {name:12} {text}"


def _line(name: str, part: Mapping[str, Any], describe: Callable[[Mapping[str, Any]], str]) -> str:
    if "error" in part:
        why = part.get("why") or _WHY.get(part["error"])
        why = f": {why}" if why else ""
        return _marked(False, name, f"{part['error']}{why}")
    return _marked(part["well"], name, describe(part))


def _database(part: Mapping[str, Any]) -> str:
    parts = [f"{part['place']}, version {part['version']}"]
    if part["taken_over"]:
        parts.append(f"a standby took over {part['taken_over']}")
    if part["trouble"]:
        parts.append(_STANDBYS[part["trouble"]])
    return "; ".join(parts)


def _machines(part: Mapping[str, Any]) -> str:
    parts = []
    for name, machine in part["known"].items():
        words = f"{name} (this one)" if machine["here"] else name
        if not machine["heard"]:
            words += f" NOT HEARD OF since {machine['seen']}"
        if machine["unfinished"]:
            words += f", {_count(machine['unfinished'], 'recording')} unfinished there"
        parts.append(words)
    return "; ".join(parts) or f"{part['here']} (this one)"


def _keys(part: Mapping[str, Any]) -> str:
    lock = "unlocked" if part["unlocked"] else "locked (amana keys unlock)"
    kind = "TRIAL KEYS, kept unprotected (amana keys protect)" if part["trial"] else "protected"
    trouble = f"; signing keys: {part['trouble']}" if part["trouble"] else ""
    trouble += f"; {part['vault_trouble']}" if part["vault_trouble"] else ""
    trouble += "" if part["escrowed"] or part["vault_trouble"] else "; not escrowed (amana keys ceremony)"
    return f"{lock}, {kind}{trouble}"


def _ledger(part: Mapping[str, Any]) -> str:
    sentence = f"{part['origin']}, {_count(part['size'], 'statement')}, signed {part['signed']}"
    if part["abandoned"]:
        sentence += f", {_count(part['abandoned'], 'checkpoint')} signed and not kept"
    return f"{sentence}, root {part['root']}"


def _witnesses(part: Mapping[str, Any]) -> str:
    if "error" in part:
        return str(part["why"])
    if not part["asked"]:
        return "none: no outside party can show that this ledger has one history"
    if part["quorum"] is None:
        return "the policy asks for none"
    return f"{part['quorum']}; met up to {part['cosigned']} entries"


def _timestamps(part: Mapping[str, Any]) -> str:
    parts = [
        f"authorities: {', '.join(part['authorities'])}" if part["authorities"] else "no authority is asked"
    ]
    for name, one in part["waiting"].items():
        parts.append(f"a seal waits for {name} since {one['since']} ({one['trouble'] or 'not answered yet'})")
    if part["ended"]:
        parts.append(f"{_count(part['ended'], 'timestamp')} ended before renewal")
    return "; ".join(parts)


def _disposals(part: Mapping[str, Any]) -> str:
    if not part["stuck"]:
        return (
            f"{part['pending']} under way, and none of them is stuck" if part["pending"] else "none under way"
        )
    parts = []
    for disposal, one in part["stuck"].items():
        places = f"{', '.join(one['places'])}: " if one["places"] else ""
        parts.append(f"{disposal} does not continue: {places}{_STUCK[one['why']]}")
    return "; ".join(parts)


def _disk(part: Mapping[str, Any]) -> str:
    free, total = (f"{part[which] / 1e9:.1f} GB" for which in ("free", "total"))
    return f"{free} of {total} free, enough to record for {part['hours']} hours"


def _clock(part: Mapping[str, Any]) -> str:
    if part["well"]:
        return f"{part['now']}, kept right by a time source"
    return f"{part['now']}, kept right by no time source that the system knows of: set one up (NTP)"


def _processes(part: Mapping[str, Any]) -> str:
    parts = []
    for interview, answers in part["recorders"].items():
        parts.append(f"recorder of interview {interview} {'answers' if answers else 'does not answer'}")
    if not part["recorders"]:
        parts.append("nothing is being recorded")
    return ", ".join(parts)


def _incidents(part: Mapping[str, Any]) -> str:
    if not part["lately"]:
        return "no incident in the last seven days"
    parts = []
    for what, one in part["lately"].items():
        often = "" if one["count"] == 1 else f", {one['count']} times in seven days"
        parts.append(f"{what} {one['how']} ({one['last']}{often})")
    return "; ".join(parts)


def _notices(part: Mapping[str, Any]) -> str:
    if not part["set_up"]:
        return "no mail server is set up (AMANA_SMTP)"
    parts = [f"{_count(part['receivers'], 'person')} asked for notices by e-mail"]
    parts += [f"{_count(count, 'notice')} not sent: {code}" for code, count in part["troubles"].items()]
    return "; ".join(parts)


def _sandbox(part: Mapping[str, Any]) -> str:
    if not part["checked"]:
        return "not tried yet"
    return f"films and pictures are decoded in one (bubblewrap, seccomp, Landlock {part['landlock']})"


def _confinement(part: Mapping[str, Any]) -> str:
    return "keyholder, web and recorders reach only what they need (seccomp, Landlock)"


def _store(part: Mapping[str, Any]) -> str:
    if "write_once" not in part:
        return "answers"
    if not part["write_once"]:
        return f"answers, NOT WRITE-ONCE: {', '.join(part['missing'])}"
    parts = ["answers", "write-once", *part["missing"]]
    renewal = part["renewal"]
    if "ended" not in renewal:
        return ", ".join([*parts, "locks not walked yet"])
    walked = (
        f"locks walked to the end {renewal['ended']}" if renewal["ended"] else "locks never walked to the end"
    )
    parts.append(f"{walked} ({renewal['renewed']} of {_count(renewal['looked_at'], 'object')} renewed)")
    if renewal["failed"]:
        parts.append(f"{_count(renewal['failed'], 'lock')} could not be renewed")
    if renewal["why"]:
        parts.append(renewal["why"])
    return ", ".join(parts)


def _key_copy(part: Mapping[str, Any]) -> str:
    if not part.get("looked", True):
        return "not looked at yet"
    parts = [_store(part), *part["crossings"]]
    if part["failed"]:
        parts.append(f"what waits cannot be carried there: {part['failed']}")
    return "; ".join(parts)


def _published(part: Mapping[str, Any]) -> str:
    sentence = f"has the ledger up to {_count(part['size'], 'statement')}"
    if part["behind"]:
        sentence += f", {part['behind']} fewer than there are"
    sentence += f", and catalogue {part['catalogue']}" if part["catalogue"] else ", and no catalogue yet"
    if part["catalogue"] and not part["current"]:
        sentence += ", which is not of this moment"
    if part["trouble"]:
        sentence += f"; {_PUBLISHING[part['trouble']]}, since {part['since']}"
    return sentence


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


_STUCK = {
    "away": "does not answer",
    "refused": "does not let us look or destroy",
    "left": "something is left that no lock keeps (may its user delete? s3:DeleteObjectVersion; see the log)",
    "machine": "one of the machines has not done its part (amana nodes)",
}

_WHY = {
    "LedgerDiverged": "an OLDER DATABASE is in place of the one that was signed; nothing is added to it. "
    "Stop Amana, and rebuild from the copies: docs/operations.md, Restoring",
}

_STANDBYS = {
    "not-connected": "NO STANDBY IS CONNECTED: nothing can be committed until one is",
    "not-confirming": "NO STANDBY CONFIRMS: a failover may lose what was acknowledged",
}

_PUBLISHING = {
    "away": "it does not answer",
    "diverged": "it has ANOTHER LEDGER: an old database is in use, or was. Stop Amana, see amana rebuild",
    "failed": "nothing can be carried there: the log says why",
}

_SENTENCE_OF: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "database": _database,
    "keys": _keys,
    "ledger": _ledger,
    "timestamps": _timestamps,
    "disposals": _disposals,
    "disk": _disk,
    "clock": _clock,
    "processes": _processes,
    "incidents": _incidents,
    "sandbox": _sandbox,
    "confinement": _confinement,
    "notices": _notices,
    "machines": _machines,
}
