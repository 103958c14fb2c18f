"""Who may come in at a door. Verbs check again; this is the first of two locks, and the one that tests walk."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _t

from market.kernel.errors import NotAllowed, NotSignedIn
from market.participants.members import Member, Role

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

    def admits(self, member: Member | None, *, signed_in: bool) -> bool:
        """Whether such a caller may come in."""
        if self.level == PUBLIC:
            return True
        if self.level == SIGNED_IN:
            return signed_in
        return member is not None and (not self.roles or member.has(*self.roles))


def allow(*who: str | Role, scope: str | None = None) -> Callable[[View], View]:
    """State who may enter: PUBLIC, SIGNED_IN, MEMBER, or roles. scope: what an API key must carry."""
    roles = frozenset(each for each in who if isinstance(each, Role))
    levels = [each for each in who if not isinstance(each, Role)]
    rule = AccessRule(level=levels[0] if levels else MEMBER, roles=roles, scope=scope)

    def decorate(view: View) -> View:
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            member: Member | None = getattr(request, "auth", None) or request.member or None  # type: ignore[attr-defined]
            is_api = request.path.startswith("/api/")
            signed_in = member is not None or request.user.is_authenticated
            if not signed_in and not is_api and rule.level != PUBLIC:
                return redirect_to_login(request.get_full_path())
            check(rule, member, signed_in=signed_in)
            return view(request, *args, **kwargs)

        enter.access_rule = rule  # type: ignore[attr-defined]  what the walking test reads
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


def _refusal(rule: AccessRule) -> str:
    if rule.roles:
        return _t("Needed role: %(roles)s.") % {"roles": ", ".join(str(role.label) for role in sorted(rule.roles))}
    return _t("Make or join an organisation first.")


def of(view: Callable[..., HttpResponse]) -> AccessRule | None:
    """The rule of a door, or None where none was stated (a test refuses that)."""
    return getattr(view, "access_rule", None)
