"""What a room's machine installs to reach the center by its name: a folder for a USB stick.

    READ-ME.txt     Arabic and English: what this is, how to check it, what to do
    install.sh      Debian, Ubuntu and their like, with Chromium
    install.cmd     Windows, with Edge or Chrome
    authority.pem   the certificate of the center's own authority (`local_authority`)
    authority.cer   the same, as Windows takes it

Nothing in it is secret. The person who installs it compares the fingerprint with the one at the center, and
so notices an exchanged or damaged authority. An exchange of the programs is not detected, and they run as
root. So the person who installs the kit must also transport it.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from amana.install import local_authority
from amana.install.local_authority import AUTHORITY

_TEMPLATES = Path(__file__).parents[1] / "kit"
FILES = ("READ-ME.txt", "install.sh", "install.cmd")


def write(folder: Path, certificates: Path, address: str, ip: str) -> None:
    """Make `folder`, which must not exist.

    `address`: what the room's browser opens, `https://NAME[:PORT]`; `ip`: where that is. Raises
    `FileExistsError`, and as `local_authority.read`.
    """
    vouched = local_authority.read(certificates)
    values = {
        "address": address,
        "name": urlsplit(address).hostname or "",
        "ip": ip,
        "fingerprint": vouched.fingerprint,
        "digest": vouched.fingerprint.replace(" ", ""),
        "ends": f"{vouched.authority_ends:%Y-%m-%d}",
    }
    folder.mkdir(parents=True)
    (folder / AUTHORITY).write_bytes((certificates / AUTHORITY).read_bytes())
    (folder / "authority.cer").write_bytes(local_authority.authority_der(certificates))
    for name in FILES:
        text = Template((_TEMPLATES / name).read_text("utf-8")).substitute(values)
        # Windows reads its own files with its own line endings.
        (folder / name).write_bytes(
            text.replace("\n", "\r\n").encode() if name.endswith(".cmd") else text.encode()
        )
