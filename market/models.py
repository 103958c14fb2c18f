"""Every table of this room, in one place for Django to find."""

from market.events.models import Dispatch, Event, Opening
from market.holds import Hold
from market.notifications.models import Mail, Task
from market.participants.models import (
    Admission,
    ApiKey,
    Invitation,
    Membership,
    Organisation,
    Person,
    PublicKey,
)
from market.rules import Rule

__all__ = [
    "Admission",
    "ApiKey",
    "Dispatch",
    "Event",
    "Hold",
    "Invitation",
    "Mail",
    "Membership",
    "Opening",
    "Organisation",
    "Person",
    "PublicKey",
    "Rule",
    "Task",
]
