"""A room's machine on the local network: before it has installed its kit, and after, in a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright

from tests.support.patience import PATIENCE
from tests.support.servers.chromium import CAMERAS, EXECUTABLE, start
from tests.support.servers.second_host import HERE, SecondHost, new_folder

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]
# Alone: where an interface comes or goes, each Chromium breaks off what it loads (ERR_NETWORK_CHANGED).

NAME, PORT = "amana.home.arpa", 18443


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[SecondHost]:
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "this test must run as root"
        pytest.skip("a second host needs root")
    host = SecondHost(folder / "host")
    host.start()
    yield host
    host.stop()


@pytest.fixture(scope="module")
def link(folder: Path, host: SecondHost) -> Iterator[str]:
    """A center that is reached by its name; the first sign-in link."""
    environ = {
        **os.environ,
        "AMANA_DATA": str(folder / "amana"),
        "AMANA_TLS": "local",
        "AMANA_ADDRESS": f"https://{NAME}:{PORT}",
        "AMANA_HOST": HERE,
        "AMANA_PORT": str(PORT),
        "AMANA_MEDIA_ADDRESSES": HERE,
    }
    amana = (sys.executable, "-m", "amana")
    subprocess.run([*amana, "tls", "make", NAME], check=True, env=environ, capture_output=True)
    kit = [*amana, "tls", "kit", "--to", str(folder / "stick"), "--ip", HERE]
    subprocess.run(kit, check=True, env=environ, capture_output=True)
    service = subprocess.Popen([*amana, "serve"], stdout=subprocess.PIPE, text=True, env=environ)
    said = ""
    assert service.stdout is not None
    for line in service.stdout:
        said += line
        if "Ctrl-C stops it" in line:
            break
    yield re.findall(r"\S+/sign-in#\S+", said)[0]
    service.terminate()
    service.wait(PATIENCE)


def test_a_room_trusts_the_center_once_its_kit_is_installed_and_gets_what_it_needs(
    playwright: Playwright, host: SecondHost, folder: Path, link: str
) -> None:
    program = host.program(folder / "chromium", EXECUTABLE)

    def opened() -> Browser:
        return start(playwright, CAMERAS[:1], str(program))  # who may use cameras is asked

    strange = opened()
    with pytest.raises(Error, match=r"ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED"):
        strange.new_page().goto(link)
    strange.close()

    old = f"printf '10.9.9.9 {NAME}\\n10.9.9.8 printer {NAME} # old\\n' >>/etc/hosts"
    host.run("sh", "-c", old)
    said = host.run("sh", str(folder / "stick" / "install.sh"), answer="yes\n")
    assert "Compare it with the one at the center" in said
    host.run("sh", str(folder / "stick" / "install.sh"), answer="yes\n")  # a second time does no harm
    assert host.run("grep", NAME, "/etc/hosts") == f"{HERE} {NAME}\n", "older lines lead elsewhere"
    assert host.run("grep", "printer", "/etc/hosts") == "10.9.9.8 printer\n", "their other names stay"
    assert NAME not in Path("/etc/hosts").read_text()

    browser = opened()
    page = browser.new_page()
    page.goto(link)
    page.wait_for_url(re.compile(rf"https://{NAME}:{PORT}/(?!sign-in)"))
    assert page.evaluate("isSecureContext")
    assert (
        page.evaluate(
            "crypto.subtle.digest('SHA-256', new Uint8Array(1)).then((digest) => digest.byteLength)"
        )
        == 32
    )
    # No question is asked: the policy allows this page's cameras.
    tracks = page.evaluate(
        "navigator.mediaDevices.getUserMedia({video: true, audio: true})"
        ".then((media) => media.getTracks().map((track) => track.kind).sort())"
    )
    assert tracks == ["audio", "video"]
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    made = page.evaluate(
        """(name) => navigator.credentials.create({publicKey: {
            rp: {id: name, name: "Amana"},
            user: {id: new Uint8Array(16), name: "a", displayName: "a"},
            challenge: new Uint8Array(32),
            pubKeyCredParams: [{type: "public-key", alg: -7}],
            authenticatorSelection: {userVerification: "required"},
        }}).then((credential) => credential.type)""",
        NAME,
    )
    assert made == "public-key"
    browser.close()


def test_an_authority_that_was_exchanged_on_the_stick_is_not_installed(
    host: SecondHost, folder: Path, link: str
) -> None:
    exchanged = folder / "exchanged"
    shutil.copytree(folder / "stick", exchanged)
    another = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=another")
    subprocess.run(
        ["openssl", "req", "-x509", *another, "-keyout", "/dev/null", "-out", exchanged / "authority.pem"],
        check=True,
        capture_output=True,
    )
    before = host.run("cat", "/etc/hosts")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        host.run("sh", str(exchanged / "install.sh"), answer="yes\n")
    assert "is not the one this was made with. Nothing was changed" in refused.value.stderr
    with pytest.raises(subprocess.CalledProcessError) as declined:
        host.run("sh", str(folder / "stick" / "install.sh"), answer="no\n")
    assert "Nothing was changed" in declined.value.stderr
    assert host.run("cat", "/etc/hosts") == before
