"""Which chain and which account the settings name. Only the anchoring process asks for the key."""

import stat
from pathlib import Path
from typing import Final

from django.conf import settings

from market import env
from provenance.anchor_models import Anchoring
from provenance.chain.errors import Misconfigured
from provenance.chain.evm import Evm, Outside, OwnKey, Signer

KEY: Final = "CHAIN_SIGNING_KEY"


def is_embedded() -> bool:
    """Whether the launcher's own chain is used."""
    return not settings.CHAIN_RPC_URL


def url_file() -> Path:
    """Where the embedded chain says at which address it answers."""
    return Path(settings.VAR_DIR) / "chain" / "url"


def chain() -> Evm:
    """The chain of the settings. Raises Misconfigured while the embedded one has not begun."""
    if not is_embedded():
        return Evm.at(settings.CHAIN_RPC_URL)
    try:
        return Evm.at(url_file().read_text("ascii").strip())
    except FileNotFoundError:
        raise Misconfigured(Anchoring.Problem.UNREACHABLE, "the embedded chain has not begun") from None


def signer(node: Evm) -> Signer:
    """Who anchors: our own key, the account named by CHAIN_SIGNER, on the embedded chain its first account.

    Raises Misconfigured where none is set or the key is none. No sentence of it holds any part of the key.
    """
    key = _key()
    if key and settings.CHAIN_SIGNER:
        raise Misconfigured(Anchoring.Problem.NO_SIGNER, f"{KEY} and CHAIN_SIGNER are both set: set one of them.")
    if key:
        return OwnKey(key)
    if settings.CHAIN_SIGNER:
        return Outside(settings.CHAIN_SIGNER)
    account = node.account() if is_embedded() else None
    if account is None:
        raise Misconfigured(Anchoring.Problem.NO_SIGNER, f"set {KEY}, {KEY}_FILE or CHAIN_SIGNER.")
    return Outside(account)


def _key() -> bytes:
    """32 bytes in hex from the environment or from the file that it names; empty where neither is set."""
    text, file = env.text(KEY, ""), env.text(f"{KEY}_FILE", "")
    if file and not text:
        path = Path(file)
        try:
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Misconfigured(
                    Anchoring.Problem.NO_SIGNER, f"{file} can be read by others: give it to its owner alone (0600)."
                )
            text = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(
                Anchoring.Problem.NO_SIGNER, f"{file} cannot be read ({type(error).__name__})."
            ) from None
    if not text:
        return b""
    try:
        key = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != 32 or not any(key):
        raise Misconfigured(Anchoring.Problem.NO_SIGNER, f"{KEY} is not 32 bytes in hex.") from None
    return key
