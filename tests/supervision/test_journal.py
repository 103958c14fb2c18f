"""The journal: everybody sees of the officials' acts what is theirs to see, and nobody more."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from market import access, holds
from market.events.models import Event, Opening
from market.holds import Scope
from market.kernel import ids
from market.kernel.clock import shifted
from market.kernel.errors import Invalid, MarketError, NotAllowed
from market.participants import admissions
from market.participants.members import Member, Role
from supervision import journal, measures, orders, queries
from tests.builders import given_applicant, given_authority, given_operator, given_signed, given_submitted_admission
from tests.market.test_access import bearer

pytestmark = pytest.mark.django_db


def look(by: Member, party: Member, reason: str = "审核") -> None:
    access.look(
        by,
        subject=party.organisation_urn,
        parties=[party.organisation_id],
        case="A20261123-000001",
        reason=reason,
        fields=["contact"],
    )


def reasons(reader: Member) -> list[str]:
    return [entry.values["reason"] for entry in journal.entries(reader, kinds=journal.LOOKS)]


def test_an_entry_says_who_looked_for_whom_at_what_when_and_why() -> None:
    party, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    look(reviewer, party)

    [entry] = journal.entries(given_operator(Role.AUDITOR), kinds=journal.LOOKS)

    assert (entry.kind, entry.actor, entry.actor_name) == ("party.looked", reviewer.urn, "operator")
    assert (entry.acting_for, entry.subject) == ("运营方", party.organisation_urn)
    assert entry.values == {"case": "A20261123-000001", "reason": "审核", "fields": ["contact"]}


def test_a_party_sees_the_looks_at_its_own_files_and_no_others() -> None:
    first, second, reviewer = given_applicant("甲"), given_applicant("乙"), given_operator(Role.REVIEWER)
    look(reviewer, first, "看甲")
    look(reviewer, second, "看乙")

    assert reasons(first) == ["看甲"]
    assert reasons(second) == ["看乙"]


def test_an_auditor_sees_all_newest_first() -> None:
    first, second, reviewer = given_applicant("甲"), given_applicant("乙"), given_operator(Role.REVIEWER)
    look(reviewer, first, "一")
    look(reviewer, second, "二")

    assert reasons(given_operator(Role.AUDITOR)) == ["二", "一"]
    assert reasons(given_authority(Role.AUDITOR, district="")) == ["二", "一"]


def test_an_operators_member_sees_their_own_trail_only() -> None:
    party, mine, other = given_applicant(), given_operator(Role.REVIEWER), given_operator(Role.REVIEWER)
    look(mine, party, "我看")
    look(other, party, "他看")

    assert reasons(mine) == ["我看"]


@pytest.mark.parametrize(("seat", "seen"), [("1401", ["南", "北"]), ("140105", ["南"]), ("110101", [])])
def test_a_data_authority_sees_what_was_done_about_parties_of_its_district(seat: str, seen: list[str]) -> None:
    south, north = given_applicant("南", district="140105"), given_applicant("北", district="140107")
    reviewer = given_operator(Role.REVIEWER)
    look(reviewer, north, "北")
    look(reviewer, south, "南")

    assert reasons(given_authority(Role.REGULATOR_DATA, district=seat)) == seen


def test_other_authorities_see_their_own_looks_only() -> None:
    party, police = given_applicant(), given_authority(Role.REGULATOR_PS)
    look(given_operator(Role.REVIEWER), party, "审核")
    look(police, party, "案件")

    assert reasons(police) == ["案件"]


def test_a_refused_look_is_an_entry_too() -> None:
    party, official = given_applicant(district="140105"), given_authority(district="110101")
    with pytest.raises(MarketError):
        access.require_sight(
            official,
            subject=party.organisation_urn,
            district="140105",
            sector="x",
            parties=[party.organisation_id],
            reason="好奇",
        )

    [entry] = journal.entries(given_operator(Role.AUDITOR))

    assert (entry.kind, entry.values["reason"]) == ("party.look_refused", "好奇")
    assert entry.acting_for == "主管部门"


def test_decisions_and_measures_stand_beside_looks() -> None:
    party, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    admission_id = given_submitted_admission(party)
    admissions.send_back(admission_id, reason="模糊", by=reviewer)
    hold = orders.place(admission_id, scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=reviewer)
    orders.lift(hold.id, reason="查清", by=given_operator(Role.APPROVER))

    kinds = [entry.kind for entry in journal.entries(party)]

    assert kinds == ["hold.lifted", "hold.placed", "admission.returned"]


def test_the_journal_of_one_subject_and_going_back_in_time() -> None:
    first, second, auditor = given_applicant("甲"), given_applicant("乙"), given_operator(Role.AUDITOR)
    reviewer = given_operator(Role.REVIEWER)
    for minutes, party in enumerate((first, second, first)):
        with shifted(timedelta(minutes=minutes)):
            look(reviewer, party, str(minutes))

    own = journal.entries(auditor, subject=first.organisation_id)
    assert [entry.values["reason"] for entry in own] == ["2", "0"]
    page = journal.entries(auditor, kinds=journal.LOOKS, limit=2)
    rest = journal.entries(auditor, kinds=journal.LOOKS, before=page[-1].at)
    assert [entry.values["reason"] for entry in page + rest] == ["2", "1", "0"]


def test_what_is_no_act_is_not_read_through_the_journal() -> None:
    with pytest.raises(Invalid):
        journal.entries(given_operator(Role.AUDITOR), kinds=["negotiation.agreed"])


def test_every_act_is_a_kind_that_some_room_declares() -> None:
    from market.events.kinds import KINDS

    assert set(journal.ACTS) <= set(KINDS)


def test_an_auditor_acts_on_nothing() -> None:
    auditor, party = given_operator(Role.AUDITOR), given_applicant()
    admission_id = given_submitted_admission(party)

    with pytest.raises(NotAllowed):
        admissions.admit(admission_id, by=auditor)
    with pytest.raises(NotAllowed):
        holds.place(ids.urn(admission_id), scope=Scope.TRADE, reason="x", legal_basis="x", by=auditor)

    assert not Event.objects.filter(kind__in=["organisation.admitted", "hold.placed"]).exists()


def test_the_live_view_counts_what_waits_and_what_stands_still() -> None:
    reviewer = given_operator(Role.REVIEWER)
    given_submitted_admission(given_applicant("甲"))
    late = given_submitted_admission(given_applicant("乙"))
    orders.place(late, scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=reviewer)

    with shifted(timedelta(days=2, minutes=1)):
        later = queries.overview(reviewer)
    now = queries.overview(reviewer)

    assert (now.admissions_waiting, now.admissions_overdue, later.admissions_overdue) == (2, 0, 2)
    assert now.holds_active == {"trade": 1}
    assert now.events_24h["admission.submitted"] == 2
    assert now.news_waiting == 3  # two submissions and the hold
    assert (now.orders_open, now.letters_given_up) == (0, 0)


def test_the_live_view_shows_what_happened_but_not_what_was_declared() -> None:
    party, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    given_submitted_admission(party)

    rows = queries.latest(reviewer, kinds=["admission.submitted", "admission.documented"])
    everything = queries.latest(reviewer)

    assert [row.kind for row in rows] == ["admission.submitted", "admission.documented"]
    assert set(rows[0].values) == {"number"}
    assert everything[0].kind == "admission.submitted"
    with pytest.raises(NotAllowed):
        queries.latest(party)


def test_the_live_view_survives_an_erased_opening() -> None:
    reviewer = given_operator(Role.REVIEWER)
    Opening.objects.all().delete()

    row = queries.latest(reviewer)[0]

    assert (row.subject, row.values) == (None, {})


def test_over_the_api_a_party_reads_who_looked(client: Client) -> None:
    party, reviewer = given_applicant(), given_operator(Role.REVIEWER)
    look(reviewer, party)

    [entry] = client.get("/api/supervision/journal", **bearer(party)).json()

    assert (entry["kind"], entry["actor_name"], entry["values"]["reason"]) == ("party.looked", "operator", "审核")
    assert client.get("/api/supervision/overview", **bearer(party)).status_code == 403
    assert client.get("/api/supervision/overview", **bearer(reviewer)).json()["admissions_waiting"] == 0
    kinds: Any = {"kind": ["membership.joined", "organisation.created"], "limit": 2}
    assert len(client.get("/api/supervision/events", kinds, **bearer(reviewer)).json()) == 2


def test_the_live_events_of_trades_tell_no_other_story() -> None:
    stage = given_signed()
    orders.place(stage.period.trade_id, scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=stage.reviewer)

    rows = queries.latest_of_trades(stage.approver, limit=50)
    elsewhere = queries.latest_of_trades(given_authority(Role.REGULATOR_DATA, district="1101"), limit=50)

    assert rows[0].kind in {"agreement.finalized", "obligation.opened"}
    assert {row.thread for row in rows} == {ids.urn(stage.period.trade_id)}
    assert elsewhere == []
    with pytest.raises(NotAllowed):
        queries.latest_of_trades(stage.clerk)
    with pytest.raises(NotAllowed):
        queries.latest_of_trades(stage.buyer.member)


def test_the_holds_that_an_authority_reads_are_those_of_its_district() -> None:
    stage = given_signed()
    for subject, scope in ((stage.period.trade_id, Scope.TRADE), (stage.offer.version_id, Scope.LISTING)):
        orders.place(subject, scope=scope, reason="投诉", legal_basis="条例 28", by=stage.reviewer)

    here = measures.holds_active(given_authority(Role.REGULATOR_DATA, district="140105"))
    elsewhere = measures.holds_active(given_authority(Role.REGULATOR_DATA, district="140107"))

    assert {row.scope for row in here} == {"trade", "listing"}
    assert elsewhere == []
