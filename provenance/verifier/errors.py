"""What the verifier may say instead of a result: every one carries a single sentence for a person.

Refusal
├── Unreadable     the file cannot be read at all, or was asked for wrongly (exit code 2)
├── Damaged        bytes that are not what the format allows (exit code 1)
├── ProofInvalid   an inclusion or consistency proof that does not hold (exit code 1)
├── NoteInvalid    a signed note, checkpoint or key that does not hold (exit code 1)
├── PolicyInvalid  a trust policy that cannot be read (exit code 2)
├── Contradicted   a statement of the bundle that its own evidence denies (exit code 1)
├── Erased         evidence that was erased on a legal basis, as the log itself says: gone, not false (exit code 1)
├── NotFound       evidence that the bundle needs and does not hold: missing, not false (exit code 1)
└── NotClaimed     the bundle says nothing of the kind: there is nothing to check (no exit code)
"""


class Refusal(ValueError):
    """Base of all: `str(refusal)` is one sentence without untrusted control characters."""

    def __init__(self, sentence: str) -> None:
        super().__init__(plain(sentence, 500))


class Unreadable(Refusal):
    """No judgement is possible: the file is missing, too large, or of an unknown format."""


class Damaged(Refusal):
    """The bytes are not well-formed or not canonical."""


class ProofInvalid(Refusal):
    """A Merkle proof does not lead to the root it was given for."""


class NoteInvalid(Refusal):
    """A signed note, a checkpoint body or a verifier key is malformed or its signature fails."""


class PolicyInvalid(Refusal):
    """A policy file that is not what tlog-policy allows."""


class Contradicted(Refusal):
    """The evidence is there and says something else."""


class NotFound(Refusal):
    """The evidence is not in the bundle; nothing says that the statement is false."""


class Erased(Refusal):
    """The value was erased, and an entry of the log says so: it can be neither shown nor denied any more."""


class NotClaimed(Refusal):
    """The bundle makes no such statement."""


def plain(text: str, characters_max: int = 200) -> str:
    """Make untrusted text safe for a terminal: control and direction characters become `?`."""
    if len(text) > characters_max:
        text = text[: characters_max - 1] + "…"
    return "".join(character if character.isprintable() else "?" for character in text)
