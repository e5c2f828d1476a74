"""`amana keys protect` at the terminal: what cannot be done is said, and nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from amana.cli import main
from amana.install import installation
from amana.settings import Settings
from tests.support.servers.softhsm import MODULE, PIN, SoftHsm
from vault.keyholders import boot_keys

SIGNING = ("--signing", "--pkcs11", "--token", "signing", "--key")


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    """A token, by the settings."""
    hsm, pin = SoftHsm.make(tmp_path / "hsm"), tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN)
    hsm.token("signing")
    monkeypatch.setenv("SOFTHSM2_CONF", str(hsm.configuration))
    monkeypatch.setenv("AMANA_PKCS11_MODULE", str(MODULE))
    monkeypatch.setenv("AMANA_PKCS11_PIN_FILE", str(pin))
    hsm.key("signing", "amana")
    hsm.key("signing", "weak", extractable=True)
    return hsm


@pytest.mark.starts
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--pkcs11", "--token", "signing"], 2, "needs --token and --key"),
        (["--openbao"], 2, "--openbao needs --key"),
        (["--in-clear"], 2, "never kept in clear"),
        (["--signing"], 2, "open without a person"),
        (["--signing", "--passphrase"], 2, "open without a person"),
        (["--signing", "--openbao", "--key", "k"], 1, "AMANA_OPENBAO is not set"),
        (["--signing", "--openbao", "--key", "../k"], 2, "letters, digits"),
        ([*SIGNING, "none"], 1, "no AES key of the label 'none'"),
        ([*SIGNING, "weak"], 1, "may be taken out of the token"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(
    hsm: SoftHsm,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    words: Sequence[str],
    code: int,
    says: str,
) -> None:
    installation.prepare(settings)
    before = {path: path.read_bytes() for path in settings.keys.iterdir()}
    assert main(["keys", "protect", *words, "--data", str(settings.data)]) == code
    assert says in capsys.readouterr().err
    assert {path: path.read_bytes() for path in settings.keys.iterdir()} == before


@pytest.mark.starts
def test_signing_keys_are_put_into_a_token_and_back_while_nothing_runs(
    hsm: SoftHsm, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    installation.prepare(settings)
    data = ["--data", str(settings.data)]
    assert main(["keys", "protect", *SIGNING, "amana", *data]) == 0
    assert "under a key in a PKCS#11 token" in capsys.readouterr().out
    assert boot_keys.signing_file(settings.keys).protection is not None
    assert main(["keys", "protect", "--signing", "--in-clear", *data]) == 0
    assert boot_keys.signing_file(settings.keys).protection is None
