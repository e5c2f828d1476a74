"""`amana tls`: names and certificates for a local network without a certificate authority."""

from __future__ import annotations

import argparse
import ipaddress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from amana.commands.parser import as_unusable, command, group
from amana.errors import Unusable
from amana.install import local_authority, room_certificate_kit
from amana.install.local_authority import LocalCertificates, Unfit
from amana.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Add the commands of the group."""
    tls = group(parser)
    made = command(tls, "make", _make, "make it, for names that only it can vouch for")
    made.add_argument(
        "names", nargs="+", metavar="NAME", help="such as amana.home.arpa; people type the first"
    )
    command(tls, "show", _show, "its names, its fingerprint, and until when it is good")
    command(tls, "renew", _renew, "a new certificate now; the start of the service does it in time")
    kit = command(tls, "kit", _kit, "a folder for a stick: what a room's machine has to install")
    kit.add_argument("--to", type=Path, metavar="DIR", required=True, help="must not exist yet")
    kit.add_argument("--ip", metavar="ADDRESS", required=True, help="of this machine, as the rooms reach it")


def _make(parsed: argparse.Namespace, settings: Settings) -> None:
    with as_unusable(Unfit, FileExistsError):
        vouched = local_authority.make(settings.certificates, parsed.names, datetime.now(UTC))
    _print_certificates(vouched)
    print("\nStart Amana with these settings, and the address of this machine in the local network:")
    print("    AMANA_TLS=local")
    print(f"    AMANA_ADDRESS=https://{vouched.names[0]}:{settings.port or 8420}")
    print("    AMANA_HOST=0.0.0.0")
    print("    AMANA_MEDIA_ADDRESSES=192.0.2.10")
    print("Then, for each machine in a room:  amana tls kit --to STICK --ip 192.0.2.10")


def _show(_: argparse.Namespace, settings: Settings) -> None:
    _print_certificates(_read(settings))


def _renew(_: argparse.Namespace, settings: Settings) -> None:
    _read(settings)
    _print_certificates(local_authority.renew(settings.certificates, datetime.now(UTC)))
    print("The service shows it from its next start on. Rooms need nothing new.")


def _kit(parsed: argparse.Namespace, settings: Settings) -> None:
    vouched = _read(settings)
    try:
        address = ipaddress.ip_address(parsed.ip)
    except ValueError:
        raise Unusable(f"{parsed.ip!r} is no IP address such as 192.0.2.10") from None
    if not settings.address:
        raise Unusable("AMANA_ADDRESS is not set: the rooms' browsers have to know what to open")
    if urlsplit(settings.address).hostname not in vouched.names:
        raise Unusable(f"AMANA_ADDRESS is {settings.address}, and the authority is for {vouched.names[0]}")
    try:
        room_certificate_kit.write(parsed.to, settings.certificates, settings.address, str(address))
    except FileExistsError:
        raise Unusable(f"{parsed.to} is there already") from None
    print(f"{parsed.to} has what a room's machine installs: begin with READ-ME.txt there.")
    print(f"Compare on each machine:  {vouched.fingerprint}")


def _read(settings: Settings) -> LocalCertificates:
    try:
        with as_unusable(Unfit):
            return local_authority.read(settings.certificates)
    except FileNotFoundError:
        raise Unusable("there is no authority yet: amana tls make NAME") from None


def _print_certificates(vouched: LocalCertificates) -> None:
    print(f"Names:        {', '.join(vouched.names)}")
    print(f"Good until:   {vouched.ends:%Y-%m-%d}; the authority until {vouched.authority_ends:%Y-%m-%d}")
    print(f"Fingerprint:  {vouched.fingerprint}")
