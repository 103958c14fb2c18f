"""The log's trust policy: what a reader needs to pin, as a C2SP tlog-policy at /log/policy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.conf import settings

from provenance import tiles
from provenance.errors import LogHalted
from provenance.notes import VerifierKey
from provenance.verifier.errors import Refusal
from provenance.verifier.policy import Policy

FILE: Final = "policy"
_HEAD: Final = """\
# Whom to trust for this log (c2sp.org/tlog-policy). Compare this key with one that you had from elsewhere:
# a key that comes from the same place as the proof proves nothing about who runs the log.
"""


def witnesses() -> Policy:
    """The witnesses that the operator configured (LOG_WITNESSES); none where the file is absent.

    Raises LogHalted for a file that is no policy, that names a log, or whose witnesses have no address.
    """
    file: Path = settings.LOG_WITNESSES
    text = file.read_text("utf-8") if file.is_file() else "quorum none\n"
    try:
        policy = Policy.parse(text)
    except Refusal as refusal:
        raise LogHalted(f"{file} is not a list of witnesses: {refusal}.") from refusal
    if policy.logs:
        raise LogHalted(f"{file} names a log: it is for witnesses, the log's own key is added by itself.")
    for name, witness in policy.witnesses.items():
        if not witness.url.startswith(("https://", "http://")):
            raise LogHalted(f"{file} gives no http address for the witness {name}, which is to be asked there.")
    return policy


def text(logs: Sequence[VerifierKey], trusted: Policy) -> str:
    """The policy that readers pin: every key that the log has signed with, its witnesses, and their quorum."""
    lines = [f"log {key} {settings.PUBLIC_URL}/log" for key in logs]
    lines += [f"witness {name} {each.key} {each.url}" for name, each in trusted.witnesses.items()]
    lines += [f"group {name} {each.needed} {' '.join(each.members)}" for name, each in trusted.groups.items()]
    lines.append(f"quorum {trusted.quorum}")
    return _HEAD + "".join(f"{line}\n" for line in lines)


def publish(folder: Path, logs: Sequence[VerifierKey], trusted: Policy) -> None:
    """Put the policy beside the checkpoint if it changed."""
    content = text(logs, trusted).encode()
    file = folder / FILE
    if not file.is_file() or file.read_bytes() != content:
        tiles.replace(file, content)
