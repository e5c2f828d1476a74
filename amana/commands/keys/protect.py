"""`amana keys protect`: change what protects the keys at rest, into any other protection at any time.

It works on the key files, as the service's user, whether the service runs or not. A running keyholder is then
restarted. The location of a token or a server comes only from the settings, never from the command line: its
keys must not be protected by something that the service lacks at its next start.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import time

from amana.commands.parser import Commands, command
from amana.errors import Unusable
from amana.install import installation
from amana.keyholder.client import KeyholderClient, KeyholderUnreachable
from amana.settings import Settings
from amana.supervisor.supervisor_client import CommandChannel, keyholder_for_command
from casework.recording.channel import ChannelError
from vault.errors import VaultError
from vault.key_protection.access import Access
from vault.key_protection.key_file import Protection
from vault.key_protection.passphrase import Argon2id, Cost
from vault.keyholders import vault_key
from vault.keyholders.boot_keys import NOT_YET
from vault.keyholders.protocol import KeyholderStatus
from vault.keyholders.reprotection import protect_boot_keys, protect_vault

SHORTEST = 12  # characters of a passphrase
STARTS_WITHIN = 60.0  # seconds for a restarted keyholder to open the signing keys, on a busy machine

TYPED = {"argon2id": "Passphrase", "pkcs11": "PIN of the token", "openbao": "OpenBao token"}
"""What a person types to open keys under each protection."""

_KINDS = {
    "argon2id": "under a passphrase",
    "pkcs11": "under a key in a PKCS#11 token",
    "openbao": "under a key in OpenBao",
    "file": "in a file for the service's user alone",
}


def add(keys: Commands) -> None:
    """Add the command to the group of `amana keys`."""
    made = command(keys, "protect", _protect, "put the keys under a passphrase, a PKCS#11 token or OpenBao")
    made.add_argument(
        "--signing",
        action="store_true",
        help="the ledger's, the center's and the documents' keys, which open without a person (default: the "
        "vault key, which a person opens)",
    )
    ways = made.add_mutually_exclusive_group()
    ways.add_argument("--passphrase", action="store_true", help="a passphrase of your own (default)")
    ways.add_argument("--pkcs11", action="store_true", help="a key in a token, by AMANA_PKCS11_MODULE")
    ways.add_argument("--openbao", action="store_true", help="a key of a transit engine, by AMANA_OPENBAO")
    ways.add_argument("--in-clear", action="store_true", help="a file for the service's user (--signing)")
    made.add_argument("--token", metavar="NAME", help="the token's label or serial number, with --pkcs11")
    made.add_argument("--key", metavar="NAME", help="the key's label (--pkcs11) or name (--openbao)")
    made.add_argument("--mount", metavar="PATH", default="transit", help="with --openbao (default: transit)")


def protection_text(status: KeyholderStatus) -> str:
    """Return the state of the keys, as `amana keys status` prints it."""
    kind = "TRIAL: the passphrase is beside it" if status.trial else f"protected, {_KINDS[status.protection]}"
    signing = _KINDS[status.signing] + (f". CHECK: {status.trouble}" if status.trouble else "")
    return f"vault     {'unlocked' if status.unlocked else 'locked'}\nkeys      {kind}\nsigning   {signing}"


def _protect(parsed: argparse.Namespace, settings: Settings) -> None:
    installation.read(settings)
    if parsed.pkcs11 and not (parsed.token and parsed.key):
        raise Unusable("--pkcs11 needs --token and --key")
    if parsed.openbao and not parsed.key:
        raise Unusable("--openbao needs --key")
    if parsed.signing:
        _signing(parsed, settings)
    elif parsed.in_clear:
        raise Unusable("the vault key is never kept in clear; --in-clear is for --signing")
    else:
        _vault(parsed, settings)


def _vault(parsed: argparse.Namespace, settings: Settings) -> None:
    access, trial = settings.key_access, installation.trial_passphrase(settings)
    old = access.by(typed_now(settings, " until now"))
    name = "pkcs11" if parsed.pkcs11 else "openbao" if parsed.openbao else "argon2id"
    new = access.by(chosen() if name == "argon2id" else getpass.getpass(f"{TYPED[name]}: "))
    protect_vault(settings.keys, old, new, _found(parsed, new) or Argon2id.fresh(Cost()))
    if name == "argon2id":
        print("The keys are under the new passphrase. Write it down and keep it where the keys are not.")
    else:
        print(f"The vault key is {_KINDS[name]}. Without it nothing recorded can be opened.")
    if trial:  # the policy says that keys are trial keys
        print("The policy changes. Courts have to register the new one: amana policy publish --to FOLDER")
    if started_again(settings):
        print("The vault is locked now; to unlock it: amana keys unlock")


def _signing(parsed: argparse.Namespace, settings: Settings) -> None:
    if not (parsed.pkcs11 or parsed.openbao or parsed.in_clear):
        raise Unusable("signing keys open without a person: --pkcs11, --openbao or --in-clear")
    access = settings.key_access
    protect_boot_keys(settings.keys, access, _found(parsed, access))
    name = "pkcs11" if parsed.pkcs11 else "openbao" if parsed.openbao else "file"
    print(f"The signing keys are {_KINDS[name]}.")
    trouble = _trouble(settings) if started_again(settings) else ""
    if trouble:
        raise Unusable(
            f"the running service does not open them: {trouble}. Statements wait. Give the service the "
            "settings that this command had, or undo it: amana keys protect --signing --in-clear"
        )


def _found(parsed: argparse.Namespace, access: Access) -> Protection | None:
    if parsed.pkcs11:
        from vault.key_protection.pkcs11 import TokenKey  # imported only where it is used, as below

        return TokenKey.find(parsed.token, parsed.key, access)
    if parsed.openbao:
        from vault.key_protection.openbao import TransitKey

        try:
            return TransitKey.find(parsed.mount, parsed.key, access)
        except ValueError as error:
            raise Unusable(f"--mount, --key: {error}") from None
    return None


def chosen() -> str:
    """Prompt for a new passphrase, twice. Raises `Unusable`."""
    new = getpass.getpass("New passphrase: ")
    if len(new) < SHORTEST:
        raise Unusable(f"the new passphrase needs at least {SHORTEST} characters; several words are best")
    if getpass.getpass("The new passphrase again: ") != new:
        raise Unusable("the two were not the same; nothing was changed")
    return new


def typed_now(settings: Settings, when: str = "") -> str:
    """Return what opens the vault key: the passphrase of trial keys, or what the person types.

    `when`: words behind its name in the prompt."""
    trial = installation.trial_passphrase(settings)
    return trial or getpass.getpass(f"{TYPED[vault_key.read(settings.keys).protection.name]}{when}: ")


def started_again(settings: Settings, typed: str | None = None) -> bool:
    """Restart the keyholder, so that it reads the files anew; return whether the service runs.

    With `typed`, which opens the vault, it is unlocked again if it was before.
    """
    unlocked = typed is not None and _is_unlocked(settings)

    ask = CommandChannel(settings.supervisor_socket).ask
    try:
        before = ask("processes")["keyholder"]["starts"]
        ask("restart_keyholder")
        give_up = time.monotonic() + STARTS_WITHIN
        while ask("processes")["keyholder"]["starts"] == before and time.monotonic() < give_up:
            time.sleep(0.1)
    except ChannelError:
        return False  # not running: the next start reads the new files
    if unlocked and typed is not None:
        _unlock(settings, typed)
    return True


def _is_unlocked(settings: Settings) -> bool:
    with _keyholder(settings) as client, contextlib.suppress(VaultError):
        return client.status().unlocked
    return False


def _unlock(settings: Settings, typed: str) -> None:
    give_up = time.monotonic() + STARTS_WITHIN
    with _keyholder(settings) as client:
        while time.monotonic() < give_up:
            with contextlib.suppress(KeyholderUnreachable):
                client.unlock(typed)
                return
            time.sleep(0.1)
    print("The keyholder does not answer yet. When it does: amana keys unlock")


def _trouble(settings: Settings) -> str:
    """Return why the restarted keyholder did not open the signing keys; empty if it did."""
    answer, give_up = "it does not answer", time.monotonic() + STARTS_WITHIN
    with _keyholder(settings) as client:
        while time.monotonic() < give_up:
            with contextlib.suppress(VaultError):
                answer = client.status().trouble
                if answer != NOT_YET:
                    return answer
            time.sleep(0.1)
    return answer


def _keyholder(settings: Settings) -> contextlib.closing[KeyholderClient]:
    return contextlib.closing(keyholder_for_command(settings.supervisor_socket))
