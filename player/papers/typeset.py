"""Papers for people: typeset from data, signed under the center's own certificate authority.

Words and layout lie in `documents/`; what goes in is data and can never be markup. Fonts come with the house,
so a paper looks the same wherever it is made. Signed with PAdES (ETSI EN 319 142-1, baseline B-B): any PDF
reader shows who signed and that nothing was changed since. Who vouches for that signer is the center's own
authority, which no reader knows; the trust sheet gives its fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

SOFTWARE = ("Amana", version("amana"))
FOLDER = Path(str(files("player"))) / "documents"


def typeset(paper: str, facts: Mapping[str, Any], made: datetime) -> bytes:
    """The PDF of `documents/<paper>.typ` with these facts (JSON values), the same bytes every time."""
    return typst.compile(
        FOLDER / f"{paper}.typ",
        root=FOLDER,
        font_paths=[FOLDER / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
        timestamp=made.astimezone(UTC).replace(microsecond=0),
    )


def sign(
    pdf: bytes, certificate: bytes, authority: bytes, sign_message: Callable[[bytes], bytes], reason: str
) -> bytes:
    """The PDF with the center's signature, and an empty field for a person's.

    `certificate` and `authority`: X.509 in DER. `sign_message`: ECDSA over P-256 with SHA-256, in DER.
    """
    # Loaded when something is signed: a web process that is started again after a failure has no time for it.
    from player.papers import pdf_signature

    return pdf_signature.sign(pdf, certificate, authority, sign_message, reason)


def software() -> str:
    """Name and version, as papers give it."""
    return " ".join(SOFTWARE)
