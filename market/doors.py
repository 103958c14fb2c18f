"""The API's stated rules by route, asked before a payload is looked at: validation tells strangers nothing."""

import re
from functools import cache
from typing import Final

from django.http import HttpRequest
from ninja import NinjaAPI

from market import access
from market.access import AccessRule
from market.participants.members import Member

_APIS: Final[list[NinjaAPI]] = []


def state(api: NinjaAPI) -> None:
    """Name the API whose doors these are."""
    _APIS.append(api)


@cache
def _rules() -> dict[tuple[str, str], AccessRule]:
    """The rule of every operation by method and route; read at the first call, when nested routers are in place."""
    found: dict[tuple[str, str], AccessRule] = {}
    for prefix, router in (each for api in _APIS for each in api._routers):
        for path, operations in router.path_operations.items():
            for operation in operations.operations:
                rule = access.of(operation.view_func)
                parts = ("api", prefix.strip("/"), path.strip("/"))
                if rule is not None:
                    shape = _shape("/".join(part for part in parts if part))
                    found.update({(method, shape): rule for method in operation.methods})
    return found


def rule(method: str, route: str) -> AccessRule | None:
    """The stated rule of a door; route as Django or as OpenAPI writes it."""
    return _rules().get((method, _shape(route)))


def admit(request: HttpRequest, member: Member | None, *, signed_in: bool) -> None:
    """Refuse whoever the rule of this request's door does not admit. Raises NotSignedIn, NotAllowed."""
    route = request.resolver_match.route if request.resolver_match else ""
    stated = rule(str(request.method), route)
    if stated is not None:
        access.check(stated, member, signed_in=signed_in)


def _shape(route: str) -> str:
    """A route without the spelling of its parts: ninja writes {uuid:x}, Django <uuid:x>."""
    return re.sub(r"[{<](?:\w+:)?(\w+)[}>]", r"{\1}", route).strip("/")
