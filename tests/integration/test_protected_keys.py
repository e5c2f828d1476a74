"""A running service whose keys are put into a token, into OpenBao, and back, as people type it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from amana.keyholder.client import KeyholderClient
from amana.supervisor.supervisor_client import CommandChannel
from tests.integration.test_service import Service
from tests.support.patience import wait_until
from tests.support.people.passphrase import PASSPHRASE
from tests.support.people.unlocking import form
from tests.support.servers.bao import Bao
from tests.support.servers.softhsm import MODULE, PIN, SoftHsm
from vault.keyholders import unlocking

NO_ESCROW = "escrow    NONE: with these keys everything is lost. To change that: amana keys ceremony"


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    """Two tokens, as two people would have them: for the vault key, and for what opens without a person."""
    hsm, pin = SoftHsm.make(tmp_path / "hsm"), tmp_path / "signing-pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN)
    monkeypatch.setenv("SOFTHSM2_CONF", str(hsm.configuration))
    monkeypatch.setenv("AMANA_PKCS11_MODULE", str(MODULE))
    monkeypatch.setenv("AMANA_PKCS11_PATHS", str(hsm.folder))
    monkeypatch.setenv("AMANA_PKCS11_PIN_FILE", str(pin))
    for token in ("vault", "signing"):
        hsm.token(token)
        hsm.key(token, "amana")
    return hsm


@pytest.fixture
def bao(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bao]:
    with Bao.run(tmp_path) as bao:
        for name in ("vault", "signing"):
            bao.key(name)
            bao.policy(name, name)
        credentials = tmp_path / "openbao.credentials"
        credentials.touch(mode=0o600)
        credentials.write_text(bao.role("signing"))
        monkeypatch.setenv("AMANA_OPENBAO", bao.address)
        monkeypatch.setenv("AMANA_OPENBAO_CA", str(bao.authority))
        monkeypatch.setenv("AMANA_OPENBAO_CREDENTIALS", str(credentials))
        yield bao


def ledger(service: Service) -> int:
    return int(service.browser.get("/health").json()["ledger"]["size"])


def keys(service: Service) -> dict[str, Any]:
    return dict(service.browser.get("/health").json()["keys"])


def environment(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


def done(service: Service, *words: str, say: str = "") -> str:
    """What the command says; it has to succeed, and to tell no secret."""
    ended = service.command("keys", *words, say=say)
    assert ended.returncode == 0, ended.stderr
    assert not any(secret in ended.stdout + ended.stderr for secret in say.split("\n") if secret)
    return ended.stdout


def test_into_a_token_and_on_without_it_and_back_under_a_passphrase(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = Service.start(tmp_path / "a")
    try:
        first.sign_in()
        size = ledger(first)
        # The settings come after the service was started: the command has them, and the service has not.
        hsm: SoftHsm = request.getfixturevalue("hsm")
        words = ("protect", "--signing", "--pkcs11", "--token", "signing", "--key", "amana")
        told = first.command("keys", *words)
        assert (told.returncode, "AMANA_PKCS11_MODULE is not set" in told.stderr) == (2, True), told.stderr
        said = done(first, "protect", "--pkcs11", "--token", "vault", "--key", "amana", say=f"{PIN}\n")
        assert "policy changes" in said
        # Nothing can be signed until it is started with them.
        assert first.browser.post("/staff", data={"name": "N", "role": "court"}).status_code == 503
    finally:
        first.end()

    # Started with the settings, and with the tokens pulled out: it answers, and what has to be signed waits.
    with hsm.away():
        service = Service.start(tmp_path / "a")
        service.browser.cookies = first.browser.cookies
        assert service.browser.get("/staff").status_code == 200
        assert "signing keys: no token 'signing' is here" in service.command("status").stdout
        assert service.browser.post("/staff", data={"name": "N", "role": "court"}).status_code == 503
    try:
        wait_until(lambda: not keys(service)["trouble"])
        wait_until(lambda: ledger(service) == size + 1)  # policy.changed: no trial keys any more
        wrong = service.command("keys", "unlock", say="000000\n")
        assert (wrong.returncode, "refuses this PIN" in wrong.stderr) == (1, True), wrong.stderr
        done(service, "unlock", say=f"{PIN}\n")
        assert done(service, "status").splitlines() == [
            "vault     unlocked",
            "keys      protected, under a key in a PKCS#11 token",
            "signing   under a key in a PKCS#11 token",
            NO_ESCROW,
        ]
        # Only the keyholder is told where the PIN lies.
        pids = {name: service.processes()[name]["pid"] for name in ("web", "keyholder")}
        assert "AMANA_PKCS11_PIN_FILE" in environment(pids["keyholder"])
        assert "AMANA_PKCS11" not in environment(pids["web"])

        done(service, "protect", "--signing", "--in-clear")
        done(service, "protect", say=f"{PIN}\n{PASSPHRASE}\n{PASSPHRASE}\n")
        done(service, "unlock", say=f"{PASSPHRASE}\n")
        assert done(service, "status").splitlines() == [
            "vault     unlocked",
            "keys      protected, under a passphrase",
            "signing   in a file for the service's user alone",
            NO_ESCROW,
        ]
    finally:
        service.end()


def unlocked_on_the_page(service: Service, typed: str) -> httpx.Response:
    """As the health page's script does it."""
    key = base64.b64decode(service.browser.post("/vault/key").json()["key"])
    vault = KeyholderClient(CommandChannel(service.settings.supervisor_socket).keyholder).public_keys().vault
    return service.browser.post("/vault/unlock", data=form(key, unlocking.seal(typed, key, vault)))


def test_into_openbao(bao: Bao, tmp_path: Path) -> None:
    service, token = Service.start(tmp_path / "a"), bao.token("vault")
    try:
        service.sign_in()
        done(service, "protect", "--openbao", "--key", "vault", say=f"{token}\n")
        done(service, "protect", "--signing", "--openbao", "--key", "signing")
        found = keys(service)
        assert (found["protection"], found["signing"], found["trouble"]) == ("openbao", "openbao", "")
        page = service.browser.get("/health", headers={"accept": "text/html"}).text
        assert "رمز OpenBao" in page
        assert unlocked_on_the_page(service, token).status_code == 200
        assert keys(service)["unlocked"]
        assert service.browser.post("/staff", data={"name": "N", "role": "court"}).status_code == 200
        logs = b"".join(path.read_bytes() for path in service.settings.log.iterdir())
        assert token.encode() not in logs
    finally:
        service.end()
