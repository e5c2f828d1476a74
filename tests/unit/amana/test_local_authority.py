"""The center's own authority: what it vouches for, what it cannot vouch for, and the room's kit."""

from __future__ import annotations

import ipaddress
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

from amana.cli import main
from amana.install import local_authority, room_certificate_kit
from amana.install.local_authority import (
    AUTHORITY,
    AUTHORITY_KEY,
    RENEWED_BEFORE,
    SERVER,
    SERVER_LASTS,
    Unfit,
)
from amana.settings import SettingInvalid, Settings
from amana.supervisor.supervisor import CannotStart, _ready_certificate

NAME, OTHER = "amana.home.arpa", "amana-2.home.arpa"
NOW = datetime(2076, 5, 3, 9, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    local_authority.make(tmp_path / "tls", [NAME, OTHER], NOW)
    return tmp_path / "tls"


def verified(folder: Path, server: x509.Certificate, name: str | ipaddress.IPv4Address, at: datetime) -> None:
    """As a browser that trusts the authority. Raises `VerificationError`."""
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    subject: x509.GeneralName = x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)
    builder = verification.PolicyBuilder().store(verification.Store([authority])).time(at)
    builder.build_server_verifier(subject).verify(server, [])  # type: ignore[arg-type]


def forged(folder: Path, *names: x509.GeneralName) -> x509.Certificate:
    """What a thief of the authority's key would make."""
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def test_a_browser_takes_the_certificate_for_each_of_its_names(folder: Path) -> None:
    server = x509.load_pem_x509_certificate((folder / SERVER).read_bytes())
    for name in (NAME, OTHER):
        verified(folder, server, name, NOW)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize("name", ["bank.example", "home.arpa", "xamana.home.arpa"])
def test_a_thief_of_its_key_can_vouch_for_nobody_else(folder: Path, name: str) -> None:
    verified(folder, forged(folder, x509.DNSName(NAME)), NAME, NOW)  # for this center he can
    with pytest.raises(verification.VerificationError):
        verified(folder, forged(folder, x509.DNSName(name)), name, NOW)


def test_nor_for_an_address(folder: Path) -> None:
    address = ipaddress.IPv4Address("192.0.2.1")
    with pytest.raises(verification.VerificationError):
        verified(folder, forged(folder, x509.IPAddress(address)), address, NOW)


@pytest.mark.starts
def test_openssl_says_the_same(folder: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(forged(folder, x509.DNSName("bank.example")).public_bytes(serialization.Encoding.PEM))
    for path, good in ((folder / SERVER, True), (wrong, False)):
        said = subprocess.run(
            ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-CAfile", folder / AUTHORITY, path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (said.returncode == 0) is good, said
        assert good or "permitted subtree violation" in said.stderr


def test_it_is_renewed_in_time_and_rooms_need_nothing_new(folder: Path) -> None:
    before = local_authority.read(folder)
    late = NOW + SERVER_LASTS - RENEWED_BEFORE
    assert not local_authority.renew_if_due(folder, late - timedelta(days=1))
    assert local_authority.renew_if_due(folder, late + timedelta(days=1))
    after = local_authority.read(folder)
    assert after.ends > before.ends
    assert (after.names, after.fingerprint) == (before.names, before.fingerprint)
    server = x509.load_pem_x509_certificate((folder / SERVER).read_bytes())
    verified(folder, server, NAME, NOW + SERVER_LASTS)


def test_nothing_lasts_longer_than_the_authority(folder: Path) -> None:
    ends = local_authority.read(folder).authority_ends
    assert local_authority.renew(folder, ends - timedelta(days=3)).ends == ends


def test_what_is_no_name_is_refused_and_another_authority_never_replaces_one(folder: Path) -> None:
    for name in ("amana", "Amana.home.arpa", "192.0.2.1", "*.home.arpa", "a..b", "-a.b", "a" * 64 + ".b", ""):
        with pytest.raises(Unfit):
            local_authority.make(folder / "more", [name], NOW)
    assert not (folder / "more").exists()
    with pytest.raises(FileExistsError):
        local_authority.make(folder, [NAME], NOW)


def test_a_certificate_of_another_authority_is_told(folder: Path, tmp_path: Path) -> None:
    local_authority.make(tmp_path / "other", [NAME], NOW)
    (folder / SERVER).write_bytes((tmp_path / "other" / SERVER).read_bytes())
    with pytest.raises(Unfit, match="not of this authority"):
        local_authority.read(folder)
    (folder / SERVER).write_bytes(b"torn")
    with pytest.raises(Unfit, match="no certificate"):
        local_authority.read(folder)


# --- the service, the command and the kit -----------------------------------------------------------------


def test_the_service_does_not_start_without_a_certificate_for_the_name_people_type(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="needs AMANA_ADDRESS"):
        Settings(tls="local")
    with pytest.raises(SettingInvalid, match="local, or nothing"):
        Settings(tls="yes")
    with pytest.raises(SettingInvalid, match="one machine"):
        Settings(tls="local", address=f"https://{NAME}", node_address="https://node.example")
    settings = Settings(data=tmp_path, tls="local", address=f"https://{NAME}:8420")
    with pytest.raises(CannotStart, match=f"amana tls make {NAME}"):
        _ready_certificate(settings)
    local_authority.make(settings.certificates, [OTHER], datetime.now(UTC))
    with pytest.raises(CannotStart, match=f"the certificate is for {OTHER}"):
        _ready_certificate(settings)


def test_the_commands_make_show_and_renew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMANA_DATA", str(tmp_path))
    assert main(["tls", "show"]) == 2
    assert "amana tls make NAME" in capsys.readouterr().err
    assert main(["tls", "make", NAME]) == 0
    assert f"AMANA_ADDRESS=https://{NAME}:8420" in capsys.readouterr().out
    assert main(["tls", "make", NAME]) == 2
    assert main(["tls", "renew"]) == 0
    shown = capsys.readouterr().out
    assert local_authority.read(tmp_path / "tls").fingerprint in shown
    kit = ["tls", "kit", "--to", str(tmp_path / "stick"), "--ip"]
    assert main([*kit, "192.0.2.10"]) == 2
    assert "AMANA_ADDRESS is not set" in capsys.readouterr().err
    monkeypatch.setenv("AMANA_ADDRESS", "https://elsewhere.example")
    assert main([*kit, "192.0.2.10"]) == 2
    monkeypatch.setenv("AMANA_ADDRESS", f"https://{NAME}:8420")
    assert main([*kit, "$(reboot)"]) == 2
    assert main([*kit, "192.0.2.10"]) == 0
    assert main([*kit, "192.0.2.10"]) == 2


@pytest.mark.starts
def test_the_kit_says_in_every_file_what_has_to_be_compared(folder: Path, tmp_path: Path) -> None:
    kit = tmp_path / "stick"
    room_certificate_kit.write(kit, folder, f"https://{NAME}:8420", "192.0.2.10")
    fingerprint = local_authority.read(folder).fingerprint
    for name in room_certificate_kit.FILES:
        text = (kit / name).read_text("utf-8")
        assert fingerprint in text
        assert f"https://{NAME}:8420" in text
        assert "192.0.2.10" in text
    assert not any("KEY" in path.read_text("latin-1") for path in kit.iterdir() if path.suffix != ".cmd")
    subprocess.run(["sh", "-n", kit / "install.sh"], check=True)
