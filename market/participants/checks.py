"""The automatic checks of an application, told to the reviewer beside the material. They decide nothing alone."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from market import rules
from market.participants import codes
from market.participants.members import OrganisationKind
from market.participants.models import Admission, Organisation

# check → what it says when it passed, and when it did not
SENTENCES: Final[dict[str, tuple[Promise, Promise]]] = {
    "code": (_("the code's check character fits"), _("the code's check character does not fit")),
    "name": (_("no other organisation has this name"), _("another organisation has this name: %(others)s")),
    "contact": (
        _("no other organisation has this telephone or address"),
        _("telephone or address are also those of %(others)s"),
    ),
    "licence": (
        _("the scan is what its name says (%(type)s)"),
        _("the scan is %(type)s by its bytes, its name says %(claimed)s"),
    ),
    "representative": (
        _("no other organisation names this legal representative"),
        _("the legal representative also represents %(others)s"),
    ),
    "terms": (_("accepted version %(version)s of the terms"), _("accepted version %(version)s, not %(current)s")),
}
_OTHERS_MAX: Final = 5
_ENDINGS: Final = {"pdf": {"pdf"}, "png": {"png"}, "jpeg": {"jpg", "jpeg"}}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `sentence` renders it in the reader's language."""

    check: str
    passed: bool
    params: dict[str, Any]

    def sentence(self) -> str:
        """In words."""
        return str(SENTENCES[self.check][not self.passed]) % self.params

    def stored(self) -> dict[str, Any]:
        """As the application keeps it."""
        return asdict(self)


def stored(findings: list[dict[str, Any]]) -> list[Finding]:
    """The findings that an application keeps."""
    return [Finding(**each) for each in findings]


def run(admission: Admission) -> list[Finding]:
    """Check an application whose fields are filled in."""
    organisation = admission.organisation
    others = Organisation.objects.exclude(id=organisation.id)
    represented = others.filter(
        admissions__legal_representative=admission.legal_representative or None,
        admissions__state__in=["submitted", "admitted"],
    ).distinct()
    findings = [
        _among("name", others.filter(name__iexact=organisation.name)),
        _among("contact", others.filter(_same_contact(organisation))),
        _licence(admission),
        Finding(
            "terms",
            admission.terms_version == rules.current("terms.participant").version,
            {"version": admission.terms_version, "current": rules.current("terms.participant").version},
        ),
    ]
    if organisation.kind != OrganisationKind.INDIVIDUAL:
        findings.insert(0, Finding("code", not codes.uscc_problems(organisation.uscc), {}))
        findings.append(_among("representative", represented))
    return findings


def _among(check: str, others: Any) -> Finding:
    names = list(others.order_by("name").values_list("name", flat=True)[:_OTHERS_MAX])
    return Finding(check, not names, {"others": ", ".join(names)})


def _same_contact(organisation: Organisation) -> Q:
    same = Q(pk__in=[])
    if organisation.contact_phone:
        same |= Q(contact_phone=organisation.contact_phone)
    if organisation.contact_email:
        same |= Q(contact_email__iexact=organisation.contact_email)
    return same


def _licence(admission: Admission) -> Finding:
    claimed = admission.licence_name.rsplit(".", 1)[-1].lower() if "." in admission.licence_name else ""
    fits = not claimed or claimed in _ENDINGS.get(admission.licence_type, set())
    return Finding("licence", fits, {"type": admission.licence_type, "claimed": claimed})
