"""Who may come in at a door, and who may look at whose files. Verbs check roles again; this lock is the one tests walk.

Parties read their own files through queries that filter by their organisation. Seats of the operator and of
authorities read others' files only after `look` has recorded who looks, at what, for which case and why.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market import limits, places
from market.events import outbox
from market.kernel.errors import Invalid, NotAllowed, NotSignedIn
from market.participants import accounts
from market.participants.errors import SecondFactorNeeded
from market.participants.members import Member, Role
from market.verbs import verb

PUBLIC: Final = "public"  # anybody
SIGNED_IN: Final = "signed in"  # a person, with or without an organisation
MEMBER: Final = "member"  # a person acting for an organisation
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class AccessRule:
    """The stated rule of one door."""

    level: str
    roles: frozenset[Role]
    scope: str | None
    ceiling: str | None = None

    def admits(self, member: Member | None, *, signed_in: bool) -> bool:
        """Whether such a caller may come in."""
        if self.level == PUBLIC:
            return True
        if self.level == SIGNED_IN:
            return signed_in
        return member is not None and (not self.roles or member.has(*self.roles))


def allow(*who: str | Role, scope: str | None = None, ceiling: str | None = None) -> Callable[[View], View]:
    """State who may enter: PUBLIC, SIGNED_IN, MEMBER, or roles. scope: what an API key must carry.

    ceiling: the rate (settings.RATE_LIMITS) that each caller's questions to this door are counted by; opening its
    page without a question is not counted. Raises TooMany.
    """
    roles = frozenset(each for each in who if isinstance(each, Role))
    levels = [each for each in who if not isinstance(each, Role)]
    rule = AccessRule(level=levels[0] if levels else MEMBER, roles=roles, scope=scope, ceiling=ceiling)

    def decorate(view: View) -> View:
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            member = _member(request)
            is_api = request.path.startswith("/api/")
            signed_in = member is not None or request.user.is_authenticated
            if is_api:
                limits.take("api", _caller(request, member))
            if rule.ceiling and (request.GET or kwargs):
                limits.take(rule.ceiling, _caller(request, member))
            if not signed_in and not is_api and rule.level != PUBLIC:
                return redirect_to_login(request.get_full_path())
            check(rule, member, signed_in=signed_in)
            if rule.level != PUBLIC and member is not None and _lacks_second_factor(request, member):
                if is_api:
                    raise SecondFactorNeeded(_t("Set one up under your account, then sign in again."))
                return redirect(reverse("mfa_activate_totp"))
            return view(request, *args, **kwargs)

        enter.access_rule = rule  # type: ignore[attr-defined]  # what the walking test reads
        return enter  # type: ignore[return-value]

    return decorate


def check(rule: AccessRule, member: Member | None, *, signed_in: bool) -> None:
    """Refuse whoever the rule does not admit. Raises NotSignedIn, NotAllowed."""
    if not rule.admits(member, signed_in=signed_in):
        if not signed_in:
            raise NotSignedIn(_t("Send a key as Authorization: Bearer, or sign in."))
        raise NotAllowed(_refusal(rule))
    if rule.scope and member is not None and member.scopes is not None and rule.scope not in member.scopes:
        raise NotAllowed(_t("This key does not carry the scope %(scope)s.") % {"scope": rule.scope})


def _member(request: HttpRequest) -> Member | None:
    """Who acts: from the key, else from the session. A lazy nobody is nobody."""
    auth = getattr(request, "auth", None)
    if isinstance(auth, Member):
        return auth
    return getattr(request, "member", None) or None


def _caller(request: HttpRequest, member: Member | None) -> str:
    """Whom a ceiling on calls counts: the person, else the address."""
    if member is not None:
        return str(member.person_id)
    if request.user.is_authenticated:
        return str(request.user.pk)
    return client_address(request)


def client_address(request: HttpRequest) -> str:
    """The address a request came from; behind proxies, the one that the nearest trusted of them saw."""
    return str(accounts.AccountAdapter(request).get_client_ip(request))


def _lacks_second_factor(request: HttpRequest, member: Member) -> bool:
    """Seats need one to come in by a browser. A program's key is a factor of its own, made from such a session."""
    if not settings.SECOND_FACTOR_REQUIRED or not member.is_seat or member.scopes is not None:
        return False
    return not accounts.has_second_factor(request.user)  # type: ignore[arg-type]  # a member's session has a person


def _refusal(rule: AccessRule) -> str:
    if rule.roles:
        return _t("Needed role: %(roles)s.") % {"roles": ", ".join(str(role.label) for role in sorted(rule.roles))}
    return _t("Make or join an organisation first.")


class OutOfScope(NotAllowed):
    """The seat's district or sector does not reach this; the attempt was recorded."""

    title = _("Outside this seat's district or sector")


def sees(by: Member, *, district: str, sector: str) -> bool:
    """Whether a seat of the operator or an authority reaches a thing of this district (six digits) and sector.

    A seat's district counts as a prefix: "1401" reaches 140105. Parties have no such reach: for them always False.
    """
    if not by.is_seat:
        return False
    return district.startswith(by.district) and (not by.sector or by.sector == sector)


def require_sight(
    by: Member,
    *,
    subject: str,
    district: str,
    sector: str,
    parties: Iterable[UUID] = (),
    case: str = "",
    reason: str = "",
) -> None:
    """Refuse a seat whose reach ends before this subject, and record the attempt. Raises OutOfScope.

    Call it at the door, before any transaction: the record must outlive the refusal.
    """
    if not sees(by, district=district, sector=sector):
        _record_refusal(by, subject=subject, parties=parties, case=case, reason=reason)
        raise OutOfScope(
            _t("This belongs to district %(district)s.") % {"district": f"{places.district(district)} {district}"}
        )


@verb("party.look_refused", durable=True)
def _record_refusal(by: Member, *, subject: str, parties: Iterable[UUID], case: str, reason: str) -> None:
    outbox.record(
        "party.look_refused",
        subject=subject,
        actor=by.urn,
        parties={*parties, by.organisation_id},
        case=case,
        reason=reason,
    )


@verb("party.looked", durable=True)
def look(by: Member, *, subject: str, parties: Iterable[UUID], case: str, reason: str, fields: Collection[str]) -> UUID:
    """Record that a seat is about to read a party's file; the caller queries after this returns. Answers the event.

    subject: what is read (urn). parties: the organisations whose file it is; they see the look in their journal.
    case: the number under which it is done. fields: what will be shown. Raises NotAllowed, Invalid for an empty
    case, reason or list, RuntimeError inside a transaction (a rollback would unsay it).
    """
    if not by.is_seat:
        raise NotAllowed(_t("Only seats of the operator and of authorities read other parties' files."))
    if not reason.strip() or not case.strip() or not fields:
        name = "reason" if not reason.strip() else "case" if not case.strip() else "fields"
        raise Invalid.field(name, _t("is empty"), _t("say for which case, why, and what will be read"))
    return outbox.record(
        "party.looked",
        subject=subject,
        actor=by.urn,
        parties={*parties, by.organisation_id},
        case=case.strip(),
        reason=reason.strip(),
        fields=sorted(fields),
    )


def of(view: Callable[..., HttpResponse]) -> AccessRule | None:
    """The rule of a door, or None where none was stated (a test refuses that)."""
    return getattr(view, "access_rule", None)
