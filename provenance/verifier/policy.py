"""Whom a reader trusts: which log keys, which witnesses, and how many of them must have cosigned (C2SP tlog-policy)."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from .errors import NoteInvalid, NotFound, PolicyInvalid, plain
from .keys import WITNESS_KEYS, VerifierKey
from .notes import Checkpoint, SignedNote

POLICY_BYTES_MAX: Final = 1_000_000
NAMES_MAX: Final = 1_000
NONE: Final = "none"
_SPACES = re.compile(r"[ \t]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Known:
    """A log or a witness: its key, and where it may be asked."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these witnesses and groups."""

    needed: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """A parsed policy. Without any log every log is accepted whose key the reader had otherwise."""

    logs: list[Known] = field(default_factory=list)
    witnesses: dict[str, Known] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a policy file. Raises PolicyInvalid naming the line that is wrong."""
        if len(text) > POLICY_BYTES_MAX:
            raise PolicyInvalid(f"the policy is longer than {POLICY_BYTES_MAX} characters")
        policy = cls()
        quorums: list[str] = []
        readers: dict[str, Callable[[list[str]], None]] = {
            "log": policy._read_log,
            "witness": policy._read_witness,
            "group": policy._read_group,
            "quorum": lambda words: quorums.append(policy._read_quorum(words)),
        }
        for number, line in enumerate(text.split("\n"), 1):
            words = [word for word in _SPACES.split(line) if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                _require_plain(line)
                readers.get(words[0], _refuse_word)(words[1:])
            except (PolicyInvalid, NoteInvalid) as refusal:
                raise PolicyInvalid(f"line {number} of the policy: {refusal}") from refusal
        if len(quorums) != 1:
            raise PolicyInvalid(f"a policy has exactly one quorum line, and this one has {len(quorums)}")
        policy.quorum = quorums[0]
        return policy

    def check(self, note: SignedNote) -> tuple[Checkpoint, list[str]]:
        """The checkpoint that a note carries, and the names of the witnesses that cosigned it.

        Raises NoteInvalid unless a log of this policy signed it, NotFound while fewer witnesses than the quorum did.
        """
        checkpoint = Checkpoint.parse(note.text)
        logs = [log.key for log in self.logs if log.key.name == checkpoint.origin]
        if not logs:
            raise NoteInvalid(f"the policy knows no log {checkpoint.origin}")
        note.verified_by(logs)
        signed = self.cosigned_by(note)
        if not self.is_enough(signed):
            raise NotFound(
                f"the policy asks for the quorum {self.quorum}, and the checkpoint is cosigned by "
                f"{', '.join(signed) or 'no witness that it knows'}"
            )
        return checkpoint, signed

    def cosigned_by(self, note: SignedNote) -> list[str]:
        """Names of the policy's witnesses whose cosignature stands on a note.

        Raises NoteInvalid for a line that names one of them and does not verify.
        """
        keys = {each.key: name for name, each in self.witnesses.items()}
        return [keys[key] for key in note.signers(keys)]

    def is_enough(self, cosigned_by: Sequence[str]) -> bool:
        """Whether these witnesses are the quorum."""
        return self.quorum == NONE or self._has_witnessed(self.quorum, frozenset(cosigned_by))

    def _has_witnessed(self, name: str, cosigned_by: frozenset[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned_by
        return sum(self._has_witnessed(member, cosigned_by) for member in group.members) >= group.needed

    def _read_log(self, words: list[str]) -> None:
        known = _known(words, VerifierKey.parse)
        _require_new(known, self.logs)
        self.logs.append(known)

    def _read_witness(self, words: list[str]) -> None:
        known = _known(words[1:], lambda text: VerifierKey.parse(text, WITNESS_KEYS))
        _require_new(known, self.witnesses.values())
        self.witnesses[self._new_name(words)] = known

    def _read_group(self, words: list[str]) -> None:
        name = self._new_name(words)
        if len(words) < 3:
            raise PolicyInvalid("a group has a name, how many of its members must sign, and members")
        needed, members = words[1], tuple(words[2:])
        taken = {member for group in self.groups.values() for member in group.members}
        for place, member in enumerate(members):
            self._require_name(member)
            if member in taken or member in members[:place]:
                raise PolicyInvalid(f"{plain(member, 80)} is a member twice")
        count = {"any": 1, "all": len(members)}.get(needed) or (int(needed) if _COUNT.fullmatch(needed) else 0)
        if not 1 <= count <= len(members):
            raise PolicyInvalid(f"of {len(members)} members not {plain(needed, 20)} can sign")
        self.groups[name] = Group(count, members)

    def _read_quorum(self, words: list[str]) -> str:
        if len(words) != 1:
            raise PolicyInvalid("a quorum line names one witness, one group, or none")
        if words[0] != NONE:
            self._require_name(words[0])
        return words[0]

    def _new_name(self, words: list[str]) -> str:
        if not words or words[0] == NONE or words[0] in self.witnesses or words[0] in self.groups:
            raise PolicyInvalid("it lacks a name of its own")
        if len(self.witnesses) + len(self.groups) >= NAMES_MAX:
            raise PolicyInvalid(f"more than {NAMES_MAX} names")
        return words[0]

    def _require_name(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise PolicyInvalid(f"no line before it names {plain(name, 80)}")


def _require_plain(line: str) -> None:
    if _FORBIDDEN.search(line):
        raise PolicyInvalid("it holds a control character")


def _refuse_word(words: list[str]) -> None:
    raise PolicyInvalid("it begins with none of log, witness, group and quorum")


def _known(words: list[str], parse: Callable[[str], VerifierKey]) -> Known:
    if len(words) not in (1, 2):
        raise PolicyInvalid("it has a key and at most one address")
    return Known(parse(words[0]), words[1] if len(words) == 2 else "")


def _require_new(known: Known, others: Iterable[Known]) -> None:
    if any(each.key.public_key == known.key.public_key for each in others):
        raise PolicyInvalid("the same key stands in two lines")
