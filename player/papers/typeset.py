"""Papers for people: typeset from data, signed under the center's own certificate authority.

Words and layout are in `documents/`; inputs are data and can never be markup. The fonts ship with the code,
so a paper looks the same on every machine. Signed with PAdES (ETSI EN 319 142-1, baseline B-B): any PDF
reader shows who signed and that nothing was changed since. The center's own authority certifies that signer.
No PDF reader knows this authority; the trust sheet gives its fingerprint.
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
    """Return the PDF of `documents/<paper>.typ` with these facts (JSON values), the same bytes every time."""
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
    """Return the PDF with the center's signature, and an empty field for a person's.

    `certificate` and `authority`: X.509 in DER. `sign_message`: ECDSA over P-256 with SHA-256, in DER.
    """
    # Imported on first signing: it would delay the restart of a web process after a failure.
    from player.papers import pdf_signature

    return pdf_signature.sign(pdf, certificate, authority, sign_message, reason)


def software() -> str:
    """Return name and version, as papers print them."""
    return " ".join(SOFTWARE)
