"""Admission (准入): an organisation applies, the operator's reviewer admits, returns or rejects."""

from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.utils.translation import gettext as _t

from market import holds, rules, storage
from market.events import outbox
from market.kernel import clock, prepared
from market.kernel.errors import Conflict, FieldProblem, IllegalStep, Invalid, NotAllowed, NotFound
from market.participants import checks, licences
from market.participants.errors import AdmissionOpen
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Admission, Organisation
from market.participants.states import FOLLOWS, AdmissionState
from market.verbs import verb


def next_number(sequence: str, letter: str) -> str:
    """A number that people read aloud: letter, day, six digits. Gaps are allowed."""
    (value,) = prepared.run("SELECT nextval(%s::regclass)", [sequence]).fetchone()
    return f"{letter}{clock.now():%Y%m%d}-{value:06d}"


def _move(admission: Admission, to: AdmissionState) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if to not in FOLLOWS[AdmissionState(admission.state)]:
        raise IllegalStep(
            _t("The application is %(state)s.") % {"state": AdmissionState(admission.state).label},
            state=admission.state,
        )
    admission.state = to


@verb("admission.drafted")
def draft(*, by: Member) -> Admission:
    """Begin an application for the caller's organisation. Raises AdmissionOpen, NotAllowed."""
    by.require(Role.ADMIN)
    if by.is_seat:
        raise NotAllowed(_t("The operator and the authorities do not trade."))
    Organisation.objects.select_for_update(no_key=True).get(id=by.organisation_id)
    holds.check(by.organisation_urn)
    if by.is_admitted:
        raise Conflict(_t("The organisation is admitted already."))
    if Admission.objects.filter(
        organisation_id=by.organisation_id, state__in=["draft", "submitted", "returned"]
    ).exists():
        raise AdmissionOpen
    admission = Admission.objects.create(
        organisation_id=by.organisation_id, number=next_number("market_admission_number", "A")
    )
    outbox.record(
        "admission.drafted",
        subject=admission.urn,
        actor=by.urn,
        thread=by.organisation_urn,
        parties=[by.organisation_id],
        number=admission.number,
    )
    return admission


def attach_licence(admission_id: UUID, source: BinaryIO, *, name: str, by: Member) -> Admission:
    """Store the licence scan and put it to the application; a later one replaces it until it is handed in.

    source: a seekable file at its start. Raises NotFound, Invalid, LicenceTooLarge, IllegalStep, Held.
    """
    by.require(Role.ADMIN)
    if not Admission.objects.filter(id=admission_id, organisation_id=by.organisation_id).exists():
        raise NotFound
    scan = licences.receive(source, name=name, folder=str(by.organisation_id))
    try:
        return _document(admission_id, scan, by=by)
    except BaseException:
        storage.delete(scan.key)
        raise


@verb("admission.documented")
def _document(admission_id: UUID, scan: licences.Scan, *, by: Member) -> Admission:
    admission = _locked(admission_id, by)
    holds.check(by.organisation_urn)
    if AdmissionState.SUBMITTED not in FOLLOWS[AdmissionState(admission.state)]:
        raise IllegalStep(state=admission.state)
    admission.licence_key, admission.licence_sha256 = scan.key, scan.sha256
    admission.licence_type, admission.licence_name = scan.type, scan.name
    admission.save(update_fields=["licence_key", "licence_sha256", "licence_type", "licence_name"])
    outbox.record(
        "admission.documented",
        subject=admission.urn,
        actor=by.urn,
        thread=by.organisation_urn,
        parties=[by.organisation_id],
        number=admission.number,
        licence_sha256=scan.sha256,
    )
    return admission


@verb("admission.submitted")
def submit(
    admission_id: UUID,
    *,
    source_statement: str,
    legal_representative: str,
    terms_version: int,
    has_clean_record: bool,
    by: Member,
) -> Admission:
    """Hand in the application for review. Raises Invalid naming each missing part, IllegalStep, Held.

    Contact details stand with the organisation (organisations.change), the licence scan comes by attach_licence.
    """
    by.require(Role.ADMIN)
    admission = _locked(admission_id, by)
    holds.check(by.organisation_urn)
    admission.source_statement = source_statement.strip()
    admission.legal_representative = legal_representative.strip()
    admission.terms_version, admission.has_clean_record = terms_version, has_clean_record
    wrong = _missing(admission)
    if wrong:
        raise Invalid(wrong)
    _move(admission, AdmissionState.SUBMITTED)
    admission.submitted_at = clock.now()
    days = rules.current("admission.review_days").value["days"]
    admission.review_due_at = admission.submitted_at + timedelta(days=days)
    admission.findings = [finding.stored() for finding in checks.run(admission)]
    admission.save()
    outbox.record(
        "admission.submitted",
        subject=admission.urn,
        actor=by.urn,
        thread=by.organisation_urn,
        parties=[by.organisation_id],
        number=admission.number,
        terms_version=terms_version,
        licence_sha256=admission.licence_sha256,
    )
    return admission


def _missing(admission: Admission) -> list[FieldProblem]:
    """Every part that still keeps the application from being handed in."""
    organisation, terms = admission.organisation, rules.current("terms.participant")
    is_person = organisation.kind == OrganisationKind.INDIVIDUAL
    parts = [
        (
            "source_statement",
            len(admission.source_statement) < 10,
            _t("is too short"),
            _t("say where the data come from and by which right they are held"),
        ),
        (
            "legal_representative",
            not is_person and not admission.legal_representative,
            _t("is empty"),
            _t("as written in the licence"),
        ),
        (
            "contact",
            not organisation.contact_name or not (organisation.contact_phone or organisation.contact_email),
            _t("is empty"),
            _t("name a person with a telephone number or an e-mail address"),
        ),
        ("licence", not admission.licence_key, _t("is missing"), _t("attach a scan as PDF, PNG or JPEG")),
        (
            "terms_version",
            admission.terms_version != terms.version,
            _t("names version %(n)d") % {"n": admission.terms_version},
            _t("read and accept version %(n)d of the terms") % {"n": terms.version},
        ),
        (
            "has_clean_record",
            not admission.has_clean_record,
            _t("is not declared"),
            _t("three years without a grave breach are a condition of admission"),
        ),
    ]
    return [FieldProblem(field=name, reason=reason, fix=fix) for name, is_wrong, reason, fix in parts if is_wrong]


@verb("organisation.admitted")
def admit(admission_id: UUID, *, by: Member) -> Admission:
    """Let the organisation trade. Raises NotAllowed, NotFound, IllegalStep, Held."""
    admission = _for_decision(admission_id, by)
    _move(admission, AdmissionState.ADMITTED)
    _decide(admission, "", by)
    Organisation.objects.filter(id=admission.organisation_id).update(admitted_at=admission.decided_at)
    outbox.record(
        "organisation.admitted",
        subject=admission.organisation.urn,
        actor=by.urn,
        thread=admission.organisation.urn,
        parties=[admission.organisation_id],
        number=admission.number,
        terms_version=admission.terms_version,
    )
    return admission


@verb("admission.returned")
def send_back(admission_id: UUID, *, reason: str, by: Member) -> Admission:
    """Return the application with reasons; it can be handed in again."""
    return _refuse(admission_id, AdmissionState.RETURNED, reason, by)


@verb("admission.rejected")
def reject(admission_id: UUID, *, reason: str, by: Member) -> Admission:
    """Reject the application; a new one may be begun."""
    return _refuse(admission_id, AdmissionState.REJECTED, reason, by)


def _refuse(admission_id: UUID, to: AdmissionState, reason: str, by: Member) -> Admission:
    admission = _for_decision(admission_id, by)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say what is wrong and what would mend it"))
    _move(admission, to)
    _decide(admission, reason.strip(), by)
    outbox.record(
        f"admission.{to.value}",
        subject=admission.urn,
        actor=by.urn,
        thread=admission.organisation.urn,
        parties=[admission.organisation_id],
        number=admission.number,
        reason=reason.strip(),
    )
    return admission


def _decide(admission: Admission, reason: str, by: Member) -> None:
    admission.decision_reason, admission.decided_by_id, admission.decided_at = (
        reason,
        by.person_id,
        clock.now(),
    )
    admission.save(update_fields=["state", "decision_reason", "decided_by", "decided_at"])


def _locked(admission_id: UUID, by: Member) -> Admission:
    admission = (
        Admission.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .filter(id=admission_id, organisation_id=by.organisation_id)
        .first()
    )
    if admission is None:
        raise NotFound
    return admission


def _for_decision(admission_id: UUID, by: Member) -> Admission:
    by.require(Role.REVIEWER)
    admission = (
        Admission.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .filter(id=admission_id)
        .first()
    )
    if admission is None:
        raise NotFound
    if admission.organisation.memberships.filter(person_id=by.person_id, ended_at__isnull=True).exists():
        raise NotAllowed(_t("A member of the applicant does not decide its application."))
    holds.check(admission.organisation.urn)
    return admission
