"""A real nginx with the configuration that is deployed, in front of a server on this machine."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.patience import PATIENCE, wait_until

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "nginx" / "amana.conf"
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE):
        return True
    return False


@contextlib.contextmanager
def nginx(folder: Path, port: int, behind: int) -> Iterator[Path]:
    """The deployed configuration, with other ports and a certificate of its own; the certificate."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        raise FileNotFoundError("nginx is not installed (Debian: nginx)")
    certificate = folder / "fullchain.pem"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test "
        f"-addext subjectAltName=DNS:localhost -keyout {folder}/key.pem -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    text = CONFIGURATION.read_text()
    plain = text.rindex("\nserver {")  # the one that leads from port 80 to 443
    for written, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("    listen [::]:443 ssl;\n", ""),
        ("amana.example", "localhost"),
        ("/etc/ssl/amana/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
        ("127.0.0.1:8420", f"127.0.0.1:{behind}"),
        ("proxy_set_header Host $host;", f"proxy_set_header Host $host:{port};"),
    ):
        assert written in text, written
        text = text.replace(written, here)
        plain = text.rindex("\nserver {")
    folders = "".join(f"{name}_temp_path {folder}/{name};\n" for name in FOLDERS)
    (folder / "nginx.conf").write_text(
        f"daemon off;\nuser root;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        # As Debian's own configuration begins, which ours has to undo.
        f"http {{\ngzip on;\n{folders}{text[:plain]}\n}}\n"
    )
    process = subprocess.Popen([program, "-e", f"{folder}/error.log", "-c", str(folder / "nginx.conf")])
    try:
        wait_until(lambda: _answers(port))
        yield certificate
    finally:
        process.terminate()
        process.wait(PATIENCE)
