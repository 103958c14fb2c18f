"""Every door states its rule, and every role meets exactly that rule."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from ninja.constants import NOT_SET

from market import access
from market.access import AccessRule
from market.api import api
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, TRADING_ROLES, Role
from market.participants.models import Membership, Person
from tests.builders import given_authority, given_operator, given_person, given_signatory

# allauth's own doors: it decides by session, and nothing of ours hangs on them.
THIRD_PARTY = ("allauth.", "django.views.")
UUID = "01a21249-6635-76b8-80f8-a31b52fb9393"
SAMPLE = {"uuid": UUID, "uuidstr": UUID, "int": "1", "slug": "held", "str": "x", "path": "x"}


@dataclass(frozen=True)
class Door:
    """One address with a method and its stated rule."""

    method: str
    path: str
    rule: AccessRule | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def filled(pattern: str) -> str:
    """The address with a sample for each part."""
    address = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLE[found[1] or "str"], pattern)
    return "/" + re.sub(r"\{(?:(\w+):)?\w+\}", lambda found: SAMPLE[found[1] or "uuid"], address).lstrip("/")


def pages(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every page's address and view, without the API's."""
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "ninja":
                yield from pages(pattern.url_patterns, address)
        else:
            yield address, pattern.callback


def doors() -> list[Door]:
    """All doors of ours."""
    found = []
    for address, view in pages(get_resolver().url_patterns):
        module = getattr(view, "__module__", "")
        if not module.startswith(THIRD_PARTY) and not address.startswith("accounts/"):
            found.append(Door("GET", filled(address), access.of(view)))
    for prefix, router in api._routers:
        for path, operations in router.path_operations.items():
            for operation in operations.operations:
                for method in operation.methods:
                    full = "/".join(part for part in ("api", prefix.strip("/"), path.strip("/")) if part)
                    rule = access.of(operation.view_func)
                    if rule is None and operation.auth_param is not NOT_SET and not path:
                        continue
                    found.append(Door(method, filled(full), rule))
    return found


def test_every_door_states_who_may_come_in() -> None:
    stated = doors()

    without = [str(door) for door in stated if door.rule is None]

    assert without == []
    assert len(stated) > 60


NEED_SERVICES = {"/readyz"}  # tells the truth: nothing runs beside the tests
ROLES = ["visitor", "person", *sorted(TRADING_ROLES | OPERATOR_ROLES | AUTHORITY_ROLES)]


def signed_in(role: str) -> tuple[Client, Membership | None]:
    """A client for somebody who holds exactly this role."""
    client = Client(raise_request_exception=False)
    if role == "visitor":
        return client, None
    if role == "person":
        client.force_login(given_person())
        return client, None
    if role in OPERATOR_ROLES:
        member = given_operator(Role(role))
    elif role in AUTHORITY_ROLES:
        member = given_authority(Role(role))
    else:
        member = given_signatory("甲公司").member
        Membership.objects.filter(person_id=member.person_id).update(roles=[role])
    client.force_login(Person.objects.get(id=member.person_id))
    return client, Membership.objects.select_related("organisation").get(person_id=member.person_id)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_a_role_meets_the_stated_rule_at_every_door(role: str) -> None:
    from market.participants import organisations

    client, membership = signed_in(role)
    tried = [door for door in doors() if door.path not in NEED_SERVICES]
    member = organisations.of(membership) if membership else None
    wrong = []

    for door in tried:
        answer = client.generic(door.method, door.path, b"{}", content_type="application/json")
        if answer.status_code == 405:
            answer = client.post(door.path)
        refused = answer.status_code in {401, 403} or "/accounts/login" in answer.headers.get("Location", "")
        assert door.rule is not None
        admitted = door.rule.admits(member, signed_in=role != "visitor")
        if answer.status_code == 500:
            wrong.append(f"{door}: {answer.status_code}")
        elif not admitted and not refused:
            wrong.append(f"{door}: came in with {answer.status_code}")
        elif admitted and answer.status_code == 401:
            wrong.append(f"{door}: was refused though the rule admits")

    assert wrong == []
