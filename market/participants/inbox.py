"""Whose turn it is in an admission."""

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from market.events.dispatch import News
from market.notifications import kinds, todo
from market.notifications.todo import Turn
from market.participants.members import OrganisationKind, Role
from market.participants.models import Admission, Organisation
from market.participants.states import AdmissionState

_APPLICATION: Final = "/desk/admissions/{subject}/"
_OWN: Final = "/workbench/organisation/"
_INBOX: Final = "/workbench/"

kinds.declare("admission.review", title=_("Review application %(number)s of %(name)s"), path=_APPLICATION)
kinds.declare("admission.mend", title=_("Mend application %(number)s and hand it in again"), path=_OWN)
kinds.declare("admission.admitted", title=_("%(name)s is admitted to the market"), path=_INBOX)
kinds.declare("admission.rejected", title=_("Application %(number)s of %(name)s was rejected"), path=_OWN)


def hear(news: News) -> None:
    """An application was handed in, returned or decided. Heard twice or late, it changes nothing."""
    admission = Admission.objects.select_related("organisation").get(number=news.fields["number"])
    todo.follow(admission.id, lambda: turns(admission.id), thread=admission.organisation_id)
    told = {"organisation.admitted": "admission.admitted", "admission.rejected": "admission.rejected"}.get(news.kind)
    if told:
        params = {"number": admission.number, "name": admission.organisation.name}
        turn = Turn(told, admission.organisation_id, [Role.ADMIN], params)
        todo.notify(news.event_id, turn, subject=admission.id)


def turns(admission_id: UUID) -> list[Turn]:
    """Who has to act on the application now."""
    admission = Admission.objects.select_related("organisation").get(id=admission_id)
    if admission.state == AdmissionState.RETURNED:
        return [Turn("admission.mend", admission.organisation_id, [Role.ADMIN], {"number": admission.number})]
    if admission.state != AdmissionState.SUBMITTED:
        return []
    params = {"number": admission.number, "name": admission.organisation.name}
    operators = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).values_list("id", flat=True)
    return [
        Turn("admission.review", operator, [Role.REVIEWER], params, due_at=admission.review_due_at)
        for operator in operators
    ]
