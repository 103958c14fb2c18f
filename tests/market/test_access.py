"""Doors and looks: who comes in, who sees how far, and what stays on record."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from market import access, limits
from market.access import MEMBER, PUBLIC, SIGNED_IN, OutOfScope, allow
from market.events.models import Event, Opening
from market.kernel import ids
from market.kernel.errors import Invalid, NotAllowed, TooMany
from market.participants import keys
from market.participants.members import Member, Role, system
from market.participants.models import ApiKey, Person
from tests.builders import given_applicant, given_authority, given_operator, given_person

pytestmark = pytest.mark.django_db


def bearer(member: Member, *scopes: str) -> Any:
    """The header of a program of this member."""
    if member.is_seat:
        _, text = keys.issue_for_seat(member, name="p", scopes=list(scopes or ["read"]), by=system("test"))
    else:
        _, text = keys.issue(name="p", scopes=list(scopes or ["read"]), by=member)
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


@pytest.mark.parametrize(
    ("who", "visitor", "person", "trader", "reviewer"),
    [
        ((PUBLIC,), True, True, True, True),
        ((SIGNED_IN,), False, True, True, True),
        ((MEMBER,), False, False, True, True),
        ((Role.REVIEWER,), False, False, False, True),
        ((Role.TRADER, Role.REVIEWER), False, False, True, True),
    ],
)
def test_a_rule_admits_exactly_whom_it_names(
    who: tuple[Any, ...], visitor: bool, person: bool, trader: bool, reviewer: bool
) -> None:
    rule = access.of(allow(*who)(lambda request: HttpResponse()))
    assert rule is not None

    assert rule.admits(None, signed_in=False) is visitor
    assert rule.admits(None, signed_in=True) is person
    assert rule.admits(given_applicant(), signed_in=True) is trader
    assert rule.admits(given_operator(Role.REVIEWER), signed_in=True) is reviewer


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_key_an_endpoint_answers_401_and_says_how(client: Client, method: str) -> None:
    url = {"get": "/api/me", "post": "/api/keys"}[method]

    answer = getattr(client, method)(
        url, **({"data": {}, "content_type": "application/json"} if method == "post" else {})
    )

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_wrong_key_is_401_also_for_a_post(client: Client) -> None:
    answer = client.post("/api/keys", {}, content_type="application/json", HTTP_AUTHORIZATION="Bearer dm_never_issued")

    assert answer.status_code == 401


def test_wrong_keys_from_one_address_are_soon_told_to_wait(client: Client) -> None:
    answers = [client.get("/api/me", HTTP_AUTHORIZATION=f"Bearer dm_{n}").status_code for n in range(22)]

    assert answers == [401] * 20 + [429] * 2
    late = client.get("/api/me", HTTP_AUTHORIZATION="Bearer dm_x")
    assert int(late["Retry-After"]) >= 1
    assert client.get("/api/me", **bearer(given_applicant())).status_code == 200


def test_a_key_reaches_only_what_its_scopes_carry(client: Client) -> None:
    admin = given_applicant()

    assert client.post("/api/admissions", **bearer(admin, "read")).status_code == 403
    assert client.post("/api/admissions", **bearer(admin, "admin")).status_code == 201


def test_a_keys_last_day_of_use_is_kept(client: Client) -> None:
    admin = given_applicant()

    client.get("/api/me", **bearer(admin))

    assert ApiKey.objects.get().last_used_on is not None


def test_a_session_posts_only_with_the_forms_token() -> None:
    admin = given_applicant()
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(id=admin.person_id))

    answer = client.post("/api/admissions")

    assert answer.status_code == 403
    assert not Event.objects.filter(kind="admission.drafted").exists()


@pytest.mark.parametrize(
    "body", ['{"name": "a\\u0000b", "scopes": ["read"]}', '{"name": "\\ud800", "scopes": ["read"]}']
)
def test_text_that_no_column_can_hold_is_refused_at_the_door(client: Client, body: str) -> None:
    answer = client.post("/api/api-keys", body, content_type="application/json", **bearer(given_applicant(), "admin"))

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["fields"]] == ["name"]


def test_nul_in_a_query_is_refused_at_the_door(client: Client) -> None:
    reviewer = given_operator(Role.REVIEWER)

    answer = client.get(f"/api/admissions/{ids.new_id()}?reason=%00", **bearer(reviewer))

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["fields"]] == ["reason"]


def test_the_ceiling_counts_each_caller_alone_and_refills(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {"test": "3/m"}
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    for _ in range(3):
        limits.take("test", "a")
    with pytest.raises(TooMany) as refusal:
        limits.take("test", "a")
    limits.take("test", "b")
    assert 20 <= refusal.value.extra["retry_after_s"] <= 21

    clock[0] += 21
    limits.take("test", "a")
    with pytest.raises(TooMany):
        limits.take("test", "a")


def test_the_counter_forgets_the_longest_unseen_and_never_grows_without_end(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.RATE_LIMITS = {"test": "1/h"}
    monkeypatch.setattr(limits, "_KEYS_MAX", 3)
    for caller in "abcd":
        limits.take("test", caller)

    assert len(limits._buckets) == 3
    limits.take("test", "a")  # forgotten: starts anew
    with pytest.raises(TooMany):
        limits.take("test", "d")


@pytest.mark.parametrize(
    ("seat", "district", "sector", "is_seen"),
    [
        (("", ""), "140105", "energy", True),
        (("1401", ""), "140105", "energy", True),
        (("140105", ""), "140105", "energy", True),
        (("140105", ""), "140106", "energy", False),
        (("1402", ""), "140105", "energy", False),
        (("", "energy"), "140105", "energy", True),
        (("", "energy"), "140105", "finance", False),
        (("1401", "energy"), "110105", "energy", False),
    ],
)
def test_a_seat_sees_as_far_as_its_district_and_sector(
    seat: tuple[str, str], district: str, sector: str, is_seen: bool
) -> None:
    official = given_authority(Role.REGULATOR_DATA, district=seat[0], sector=seat[1])

    assert access.sees(official, district=district, sector=sector) is is_seen


def test_a_party_has_no_reach_at_all() -> None:
    assert not access.sees(given_applicant(), district="140105", sector="environment")


def test_a_refused_look_stays_on_record_with_case_and_reason() -> None:
    official, party = given_authority(district="140106"), given_applicant(district="140105")

    with pytest.raises(OutOfScope, match="140105"):
        access.require_sight(
            official,
            subject=party.organisation_urn,
            district="140105",
            sector="environment",
            parties=[party.organisation_id],
            case="检-1",
            reason="例行检查",
        )

    refused = Opening.objects.get(event__kind="party.look_refused")
    assert refused.fields["reason"]["value"] == "例行检查"
    assert set(refused.parties) == {party.organisation_id, official.organisation_id}


def test_a_look_within_reach_leaves_no_refusal() -> None:
    access.require_sight(
        given_authority(district="1401"), subject=ids.urn(ids.new_id()), district="140105", sector="energy"
    )

    assert not Event.objects.filter(kind__startswith="party.").exists()


@pytest.mark.parametrize(
    "missing", [{"reason": " "}, {"case": ""}, {"fields": []}], ids=["no reason", "no case", "nothing to read"]
)
def test_a_look_says_for_which_case_why_and_at_what(missing: dict[str, Any]) -> None:
    said: dict[str, Any] = {"case": "A-1", "reason": "审核", "fields": ["contact"]} | missing

    with pytest.raises(Invalid):
        access.look(given_operator(), subject=ids.urn(ids.new_id()), parties=[], **said)

    assert not Event.objects.filter(kind="party.looked").exists()


def test_a_party_looks_at_nobody() -> None:
    with pytest.raises(NotAllowed):
        access.look(
            given_applicant(), subject=ids.urn(ids.new_id()), parties=[], case="A-1", reason="x", fields=["contact"]
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["look", "refusal"])
def test_no_rollback_can_unsay_a_look(what: str) -> None:
    official, subject = given_authority(district="140106"), ids.urn(ids.new_id())
    steps: dict[str, Callable[[], Any]] = {
        "look": lambda: access.look(official, subject=subject, parties=[], case="1", reason="x", fields=["contact"]),
        "refusal": lambda: access.require_sight(official, subject=subject, district="110101", sector="x"),
    }

    with pytest.raises(RuntimeError), transaction.atomic():
        steps[what]()

    assert not Event.objects.filter(kind__startswith="party.").exists()


def test_where_it_is_required_a_seat_without_second_factor_stays_outside(
    client: Client, settings: LazySettings
) -> None:
    from allauth.mfa.totp.internal import auth as totp

    settings.SECOND_FACTOR_REQUIRED = True
    reviewer, trader = given_operator(Role.REVIEWER), given_applicant()
    person = Person.objects.get(id=reviewer.person_id)
    client.force_login(person)
    refused = client.get("/api/admissions/queue")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")

    totp.TOTP.activate(person, totp.generate_totp_secret())
    assert client.get("/api/admissions/queue").status_code == 200
    client.force_login(Person.objects.get(id=trader.person_id))
    assert client.get("/api/me").status_code == 200
    assert client.get("/api/admissions/queue", **bearer(reviewer, "review")).status_code == 200


def test_a_page_sends_a_seat_to_set_up_its_second_factor(rf: RequestFactory, settings: LazySettings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    reviewer = given_operator(Role.REVIEWER)
    request = rf.get("/reviews/")
    request.user = Person.objects.get(id=reviewer.person_id)
    request.member = reviewer  # type: ignore[attr-defined]

    answer = allow(Role.REVIEWER)(lambda request: HttpResponse("inside"))(request)

    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/2fa/totp/activate/"


def test_a_demonstration_does_not_ask_seats_for_a_second_factor(client: Client) -> None:
    client.force_login(Person.objects.get(id=given_operator(Role.REVIEWER).person_id))

    assert client.get("/api/admissions/queue").status_code == 200


def test_a_person_without_an_organisation_is_told_to_make_or_join_one(client: Client) -> None:
    client.force_login(given_person())

    assert client.get("/api/organisations").json() == []
    assert client.get("/api/me").status_code == 403
