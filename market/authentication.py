"""How an API call says who is acting: by a program's key or by the browser's session."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _t
from ninja.security import HttpBearer, SessionAuth

from market import access, doors, limits
from market.kernel.errors import NotSignedIn
from market.participants import keys, organisations
from market.participants.members import Member


class KeyAuth(HttpBearer):
    """A program's key: Authorization: Bearer dm_…"""

    def authenticate(self, request: HttpRequest, token: str) -> Member | None:
        """The member behind the key. Raises NotSignedIn; wrong keys are counted by address (TooMany)."""
        key = keys.find(token)
        if key is None:
            limits.take("sign_in", access.client_address(request))
            raise NotSignedIn(_t("This key is unknown, has ended or was revoked."))
        member = organisations.of(key.membership, frozenset(key.scopes))
        doors.admit(request, member, signed_in=True)
        return member


class MemberSession(SessionAuth):
    """The browser's session, with CSRF protection."""

    def __call__(self, request: HttpRequest) -> Any:
        """Without a session there is nothing to forge: that is 401, not a failed CSRF check."""
        return super().__call__(request) if request.COOKIES.get(self.param_name) else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Member | None:
        """The member of the signed-in session."""
        member: Member | None = getattr(request, "member", None) or None
        doors.admit(request, member, signed_in=request.user.is_authenticated)
        return member


class PersonSession(MemberSession):
    """A signed-in person who may not belong to any organisation yet."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """The person."""
        doors.admit(request, getattr(request, "member", None) or None, signed_in=request.user.is_authenticated)
        return request.user if request.user.is_authenticated else None
