"""Papers for people: typeset from data, signed under the center's own certificate authority.

Words and layout are in `documents/`; inputs are data, never markup. The fonts ship with the code, so a paper
looks the same on every machine. Signed with PAdES (ETSI EN 319 142-1, baseline B-B): any PDF reader shows who
signed and that nothing was changed since. The center's own authority certifies that signer. No PDF reader
knows this authority; the trust sheet gives its fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from chain_of_custody.trust.policy import TrustPolicy

if TYPE_CHECKING:
    from casework.center import Center

SOFTWARE = ("Amana", version("amana"))
FOLDER = Path(str(files("player"))) / "documents"


def typeset(paper: str, facts: Mapping[str, Any], made: datetime) -> bytes:
    """Return the PDF of `documents/<paper>.typ` with these facts (JSON values), the same bytes every time."""
    return compiled(paper, facts, timestamp=made.astimezone(UTC).replace(microsecond=0))


def signed(
    center: Center, paper: str, facts: Mapping[str, Any], made: datetime, authority: bytes, reason: str
) -> bytes:
    """Typeset and sign with the center's documents key; leaves an empty field for a person's signature.

    `authority`: the center's, X.509 in DER. Raises `vault.errors.ProtectionAway` if the key is away.
    """
    # Imported on first signing: it would delay the restart of a web process after a failure.
    from player.papers import pdf_signature

    keyholder = center.keyholder
    return pdf_signature.sign(
        typeset(paper, facts, made),
        keyholder.public_keys().documents,
        authority,
        lambda message: keyholder.sign("documents", message),
        reason,
    )


def compiled(source: str, facts: Mapping[str, Any], **output: Any) -> bytes:
    """Return `documents/<source>.typ` with these facts, typeset; `output`: as for `typst.compile`."""
    made: bytes = typst.compile(
        FOLDER / f"{source}.typ",
        root=FOLDER,
        font_paths=[FOLDER / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
        **output,
    )
    return made


def center_facts(policy: TrustPolicy, authority: bytes) -> dict[str, Any]:
    """Return the data about center and program in each paper. `authority`: the center's, X.509 in DER."""
    return {
        "deployment": policy.deployment,
        "trial": policy.trial,
        "origin": policy.log_keys.origin,
        "policy": policy.fingerprint,
        "authority": sha256(authority).hexdigest(),
        "software": software(),
    }


def moment(when: datetime) -> str:
    """Return a time as papers print it, to the second in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def software() -> str:
    """Return name and version, as papers print them."""
    return " ".join(SOFTWARE)
