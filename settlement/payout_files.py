"""Payout files: what the custodian's bank is asked to pay, made by an approver and confirmed by the next statement."""

import hashlib
from uuid import UUID

from django.db import connection

from market.events import outbox
from market.holds import Held
from market.kernel import clock, ids
from market.kernel.errors import NotFound
from market.participants.members import Member, Role
from market.verbs import verb
from settlement import bank_accounts, payouts
from settlement.errors import NothingToSend
from settlement.models import Payout, PayoutFile
from settlement.rails import RAILS, bank
from settlement.rails.base import Order
from settlement.states import PayoutState


@verb("payout.instructed")
def make(*, currency: str = "CNY", by: Member) -> PayoutFile:
    """Put every approved payout of a currency that nothing holds into one order to the bank.

    Held ones stay approved and go into a later file. Raises NothingToSend (409), NotAllowed.
    """
    by.require(Role.APPROVER)
    approved = (
        Payout.objects.select_for_update(no_key=True)
        .filter(state=PayoutState.APPROVED, currency=currency)
        .order_by("id")
    )
    sent = [payout for payout in approved if not _is_held(payout)]
    if not sent:
        raise NothingToSend
    for payout in sent:
        payouts.move(payout, PayoutState.INSTRUCTED)
    data = bank.write_orders([_order(payout) for payout in sent])
    file = PayoutFile(
        number=_next_number(),
        rail=bank.name,
        currency=currency,
        total_minor=sum(payout.amount_minor for payout in sent),
        count=len(sent),
        sha256=hashlib.sha256(data).hexdigest(),
        made_by_id=by.person_id,
    )
    file.save(force_insert=True)
    Payout.objects.filter(id__in=[payout.id for payout in sent]).update(state=PayoutState.INSTRUCTED, file=file)
    outbox.record(
        "payout.instructed",
        subject=ids.urn(file.id),
        actor=by.urn,
        parties={payout.organisation_id for payout in sent if payout.organisation_id},
        file=file.number,
        sha256=file.sha256,
        count=file.count,
        total_minor=file.total_minor,
        currency=currency,
    )
    return file


def content(file_id: UUID, *, by: Member) -> tuple[PayoutFile, bytes]:
    """A file as it was made: the same orders give the same bytes. Raises NotFound, NotAllowed."""
    by.require(Role.APPROVER)
    file = PayoutFile.objects.filter(id=file_id).first()
    if file is None:
        raise NotFound
    data = RAILS[file.rail].write_orders([_order(payout) for payout in file.payouts.order_by("id")])
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise RuntimeError(f"payout file {file.number} is not what was approved")
    return file, data


def _is_held(payout: Payout) -> bool:
    try:
        payouts.check_holds(payout)
    except Held:
        return True
    return False


def _order(payout: Payout) -> Order:
    return Order(
        payment_reference=payout.payment_reference,
        holder=payout.holder,
        account=bank_accounts.unseal(payout.number_sealed),
        bank=payout.bank,
        bank_code=payout.bank_code,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
    )


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('settlement_payout_file_number')")
        row = cursor.fetchone()
    return f"F{clock.now():%Y%m%d}-{row[0]:06d}"
