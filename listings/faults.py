"""Why a file could not be read, in the reader's language. Rows keep code and facts, so that each reader gets theirs."""

from typing import Any

from django.utils.translation import gettext as _t

from listings.intake.problems import REASONS, REFUSALS


def in_words(problem: dict[str, Any] | None) -> dict[str, Any] | None:
    """A stored problem with `reason` and `fix` as sentences, its places too; `code` stays for programs.

    A problem that is no finding of intake (a job interrupted three times) brings its own sentences and keeps them.
    """
    if problem is None:
        return None
    said = _said(problem)
    if "places" in problem:
        said["places"] = [_said(place) for place in problem["places"]]
    return said


def _said(problem: dict[str, Any]) -> dict[str, Any]:
    code = str(problem.get("code") or problem.get("reason", ""))
    facts = problem.get("facts", {})
    if code in REASONS:
        reason, fix = REASONS[code]
        return problem | {"code": code, "reason": _t(reason).format(**facts), "fix": _t(fix).format(**facts)}
    if code in REFUSALS:
        return problem | {"code": code, "reason": _t(REFUSALS[code]).format(**facts), "fix": ""}
    return dict(problem)
