"""Automatic checks of a version before a reviewer sees it: each answers with a verdict and a reason."""

from collections.abc import Sequence
from typing import Any, Final, TypedDict

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t

from listings.models import Offer, ProductVersion
from market.policy import PolicyInvalid, parse

DECLARE_PI_PPM: Final = 10_000  # share of a column, in millionths, from which personal data must be declared
DECLARE_PI_ROWS: Final = 5


class Answer(TypedDict):
    """What one check says. verdict: passed, failed, or noticed (a person must look)."""

    check: str
    verdict: str
    reason: str
    fields: list[str]


def _answer(check: str, problems: list[tuple[str, str]], passed: str) -> Answer:
    if not problems:
        return Answer(check=check, verdict="passed", reason=passed, fields=[])
    return Answer(
        check=check,
        verdict="failed",
        reason="; ".join(reason for _, reason in problems),
        fields=[field for field, _ in problems],
    )


def run(version: ProductVersion, offers: Sequence[Offer]) -> list[Answer]:
    """All checks of a version, in the order in which a reviewer reads them."""
    return [required(version), personal_data(version), licence(offers), source(version)]


def required(version: ProductVersion) -> Answer:
    """Every required field is filled with a value that its column knows (regulation.md §2.3)."""
    problems: list[tuple[str, str]] = []
    try:
        version.clean_fields(exclude=["checks", "reviewed_by", "dictionary"])
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            problems.append((field, f"{field}: {' '.join(messages)}"))
    if version.time_from and version.time_to and version.time_from > version.time_to:
        problems.append(("time_to", _t("the time span ends before it begins")))
    return _answer("required", problems, _t("All required fields are filled."))


def personal_data(version: ProductVersion) -> Answer:
    """Columns in which the scan found identity numbers, phones or cards must be declared (PIPL 23, DSL 33)."""
    found: list[dict[str, Any]] = [each for each in version.resource.findings if must_declare(each)]
    if found and not version.contains_pi:
        columns = ", ".join(sorted({str(each["column"]) for each in found}))
        reason = _t("The scan found personal data in: %(columns)s. Declare it, or remove these columns.") % {
            "columns": columns
        }
        return Answer(check="personal_data", verdict="failed", reason=reason, fields=["contains_pi"])
    if found:
        reason = _t("Personal data are declared; the legal basis must be checked by a person.")
        return Answer(check="personal_data", verdict="noticed", reason=reason, fields=[])
    return _answer("personal_data", [], _t("The scan found no personal data."))


def must_declare(finding: dict[str, Any]) -> bool:
    """Whether a finding is beyond chance: five rows or 1 % of them; where there is a check digit, with a right one."""
    sure = finding["cell_count"] if finding["checksum_count"] is None else finding["checksum_count"]
    return bool(sure >= DECLARE_PI_ROWS or (sure > 0 and finding["cell_ppm"] >= DECLARE_PI_PPM))


def licence(offers: Sequence[Offer]) -> Answer:
    """There is an open offer and its usage policy can be evaluated."""
    if not offers:
        return _answer("licence", [("offers", _t("there is no offer: set price and licence"))], "")
    problems: list[tuple[str, str]] = []
    for offer in offers:
        try:
            parse(offer.policy)
        except PolicyInvalid as error:
            problems.append(("policy", str(error)))
    return _answer("licence", problems, _t("Price and licence can be evaluated."))


def source(version: ProductVersion) -> Answer:
    """The source is explained (DSL 33)."""
    problems: list[tuple[str, str]] = []
    if len(version.source_statement) < 10:
        problems.append(("source_statement", _t("say where the data come from, in at least ten characters")))
    if len(version.rights_basis) < 4:
        problems.append(("rights_basis", _t("say on which right the data are sold")))
    return _answer("source", problems, _t("The source is explained."))
