"""The verdict and the steps that led to it, for people and for programs."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .errors import plain


class Status(StrEnum):
    """How one step ended."""

    PROVED = "proved"
    FALSE = "false"  # the evidence is there and contradicts the statement
    NOT_FOUND = "not found"  # the evidence is missing: nothing says that the statement is false
    ERASED = "erased"  # the log says that the evidence was erased, and on which basis
    NOT_CLAIMED = "not claimed"  # the bundle says nothing about it


class Verdict(StrEnum):
    """What all steps together say."""

    VERIFIED = "verified"
    FALSE = "false"
    INCOMPLETE = "incomplete"
    ERASED = "erased"
    UNREADABLE = "unreadable"


EXIT_CODES: Final = {
    Verdict.VERIFIED: 0,
    Verdict.FALSE: 1,
    Verdict.INCOMPLETE: 1,
    Verdict.ERASED: 1,
    Verdict.UNREADABLE: 2,
}

NEVER_PROVED: Final = (
    "that what was recorded is true, such as that the data are good or that the bank holds the money",
    "the exact time: each time is the operator's clock",
    "that the log shows everybody the same tree: compare the checkpoint with one had from elsewhere",
    "that nothing else was recorded, such as a later dispute, refund or withdrawal of a key",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at."""

    name: str
    status: Status
    detail: str


@dataclass(slots=True)
class Report:
    """All steps over one bundle."""

    steps: list[Step] = field(default_factory=list)
    about: str = ""
    vkey: str = ""
    vkey_given: bool = False
    origin: str = ""
    size: int | None = None
    root: str = ""

    def add(self, name: str, status: Status, detail: str) -> None:
        """Write down one step."""
        self.steps.append(Step(name, status, plain(detail, 500)))

    @property
    def verdict(self) -> Verdict:
        """False weighs more than missing, missing more than erased; nothing checked is never verified."""
        statuses = {step.status for step in self.steps}
        if not statuses:
            return Verdict.UNREADABLE
        if Status.FALSE in statuses:
            return Verdict.FALSE
        if Status.NOT_FOUND in statuses:
            return Verdict.INCOMPLETE
        return Verdict.ERASED if Status.ERASED in statuses else Verdict.VERIFIED

    @property
    def exit_code(self) -> int:
        """0 verified, 1 false, incomplete or erased, 2 unreadable."""
        return EXIT_CODES[self.verdict]

    @property
    def not_proved(self) -> list[str]:
        """What a reader must not conclude from this report."""
        if all(step.status is not Status.PROVED for step in self.steps):
            return []
        limits = list(NEVER_PROVED)
        if not self.vkey_given:
            limits.insert(0, "whose log this is: the key is the bundle's own; compare it and use --vkey")
        return limits

    def as_json(self) -> dict[str, object]:
        """The report as one JSON object."""
        return {
            "verified": self.verdict is Verdict.VERIFIED,
            "verdict": self.verdict.value,
            "about": self.about,
            "origin": plain(self.origin),
            "size": self.size,
            "root": self.root,
            "vkey": plain(self.vkey),
            "vkey_given": self.vkey_given,
            "steps": [{"step": s.name, "status": s.status.value, "detail": s.detail} for s in self.steps],
            "not_proved": self.not_proved,
        }

    def as_text(self) -> str:
        """The report as a person reads it: the verdict, each step, the limits, the key."""
        lines = [f"{self.verdict.value.upper()}: {self.about}", ""]
        lines += [f"  {step.status.value:<12} {step.name:<12} {step.detail}" for step in self.steps]
        if self.not_proved:
            lines += ["", "Not proved:"] + [f"  - {limit}" for limit in self.not_proved]
        if self.vkey and not self.vkey_given:
            lines += ["", "The bundle's own log key; compare it with one you had from elsewhere:"]
            lines.append(f"  {plain(self.vkey)}")
        return "\n".join(lines)
