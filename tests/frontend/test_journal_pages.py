"""The journal: who looked at what, when and why, for each reader as far as its reach goes."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from market import access
from market.events.models import Event
from market.holds import Scope
from market.kernel import clock
from market.kernel.errors import MarketError
from market.participants.members import Member, Role
from supervision import orders
from tests.builders import given_applicant, given_authority, given_operator, given_stage
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
JOURNAL = reverse("frontend:journal")


def look(by: Member, party: Member, reason: str) -> None:
    access.look(
        by,
        subject=party.organisation_urn,
        parties=[party.organisation_id],
        case="G20261125-000007",
        reason=reason,
        fields=["contact"],
    )


def page(by: Member, language: str = "zh-hans", **query: str) -> str:
    return text(client_of(by, language).get(JOURNAL, query))


def test_an_auditor_reads_who_looked_at_whom_for_which_case_and_why() -> None:
    party, auditor = given_applicant("甲公司"), given_operator(Role.AUDITOR)
    look(given_operator(Role.REVIEWER), party, "入驻审核")

    shown = page(auditor)

    for said in ("入驻审核", "G20261125-000007", "甲公司", "operator", "运营方"):
        assert said in shown, said


def test_a_refused_attempt_stands_out() -> None:
    party, official = given_applicant(district="140105"), given_authority(district="1101")
    with pytest.raises(MarketError):
        access.require_sight(
            official,
            subject=party.organisation_urn,
            district="140105",
            sector="x",
            parties=[party.organisation_id],
            reason="好奇",
        )

    shown = page(given_operator(Role.AUDITOR))

    row = shown.partition("<tbody>")[2].partition("</tr>")[0]
    assert 'class="status danger"' in row
    assert "好奇" in row


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (lambda _: given_operator(Role.AUDITOR), {"北区", "南区"}),
        (lambda _: given_authority(Role.REGULATOR_DATA, district="140105"), {"南区"}),
        (lambda _: given_authority(Role.REGULATOR_PS), set()),
        (lambda _: given_operator(Role.APPROVER), set()),
        (lambda party: party, {"南区"}),
    ],
    ids=["auditor", "data authority", "police", "approver", "party"],
)
def test_each_reader_sees_its_reach(reader: Any, seen: set[str]) -> None:
    south, north = given_applicant("南", district="140105"), given_applicant("北", district="140107")
    looker = given_operator(Role.REVIEWER)
    look(looker, south, "南区")
    look(looker, north, "北区")

    shown = page(reader(south))

    assert {word for word in ("北区", "南区") if word in shown} == seen


def test_it_is_narrowed_by_person_organisation_kind_and_days() -> None:
    stage, auditor = given_stage(), given_operator(Role.AUDITOR)
    look(stage.reviewer, stage.buyer.member, "查需方")
    look(stage.reviewer, stage.supplier.member, "查供方")
    orders.place(stage.offer.version_id, scope=Scope.LISTING, reason="停一停", legal_basis="条例 28", by=stage.approver)
    today = clock.now().astimezone().date()

    def seen(**query: str) -> set[str]:
        shown = page(auditor, **query)
        return {word for word in ("查需方", "查供方", "停一停") if word in shown}

    assert seen() == {"查需方", "查供方"}
    assert seen(who="需方公司") == {"查需方"}
    assert seen(who="无此人") == set()
    assert seen(kind="measures") == {"停一停"}
    assert seen(kind="") == {"查需方", "查供方", "停一停"}
    assert seen(kind="looks", last_on=str(today - timedelta(days=2))) == set()
    assert seen(kind="looks", first_on=str(today - timedelta(days=1))) == {"查需方", "查供方"}


@pytest.mark.parametrize(
    "query",
    [
        {"last_on": "9999-12-31"},
        {"first_on": "0001-01-01"},
        {"first_on": "0001-01-01", "last_on": "0001-01-01"},
        {"page": "9999-12-31T23:59:59-14:00"},
        {"page": "0001-01-01T00:00:00+14:00"},
        {"page": "9999-12-31T23:59:59-14:00", "last_on": "2026-11-25"},
    ],
)
def test_the_ends_of_the_calendar_are_days_like_others(query: dict[str, str]) -> None:
    answer = client_of(given_operator(Role.AUDITOR)).get(JOURNAL, query)

    assert answer.status_code == 200


def test_days_in_the_wrong_order_are_told_and_nothing_is_shown() -> None:
    look(given_operator(Role.REVIEWER), given_applicant(), "审核一")

    answer = client_of(given_operator(Role.AUDITOR)).get(
        JOURNAL, {"kind": "looks", "first_on": "2026-11-02", "last_on": "2026-11-01"}
    )

    assert answer.status_code == 422
    assert "结束日期早于开始日期" in text(answer)
    assert "审核一" not in text(answer)


def test_it_goes_by_pages_that_lose_no_act(monkeypatch: pytest.MonkeyPatch) -> None:
    from frontend.views import journal

    monkeypatch.setattr(journal, "ROWS", 2)
    party, looker, client = given_applicant(), given_operator(Role.REVIEWER), client_of(given_operator(Role.AUDITOR))
    for n in range(5):
        look(looker, party, f"理由{n}")

    address, seen = JOURNAL, []
    for _ in range(5):
        shown = text(client.get(address))
        seen += [n for n in range(4, -1, -1) if f"理由{n}" in shown]
        following = shown.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        if not following:
            break
        address = JOURNAL + following

    assert seen == [4, 3, 2, 1, 0]


def test_it_is_exported_as_a_table_without_formulas() -> None:
    look(given_operator(Role.REVIEWER), given_applicant("甲公司"), "=HYPERLINK(1)")

    answer = client_of(given_operator(Role.AUDITOR)).get(JOURNAL, {"format": "csv"})

    lines = text(answer).splitlines()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert lines[0].startswith("\ufeff时间,行为,人员")
    assert len(lines) == 2
    assert "'=HYPERLINK(1)" in lines[1]
    assert "甲公司" in lines[1]


def test_reading_the_journal_changes_nothing() -> None:
    look(given_operator(Role.REVIEWER), given_applicant(), "审核一")
    auditor = given_operator(Role.AUDITOR)
    before = Event.objects.count()

    assert "Journal of looks" in page(auditor, "en")
    assert Event.objects.count() == before


def test_a_full_page_asks_a_bounded_number_of_questions(django_assert_max_num_queries: Any) -> None:
    looker = given_operator(Role.REVIEWER)
    for n in range(6):
        look(looker, given_applicant(f"公司{n}"), f"理由{n}")
    client = client_of(given_operator(Role.AUDITOR))
    client.get(JOURNAL)

    with django_assert_max_num_queries(8 + 6):  # and what every page of the desk asks
        client.get(JOURNAL, {"kind": "", "who": "公司"})
