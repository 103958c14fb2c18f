"""The kinds of event that this room tells. Amounts are in minor units; nothing of money is public."""

from market.events.kinds import declare

_RECORDS = "电子商务法 53; 会计法 9"  # payment data complete, consistent, traceable
_CUSTODY = "非银行支付机构监督管理条例 2; 电子商务法 53"  # clients' money is not the operator's
_ORDER = "太原市大数据发展促进条例 12; 电子商务法 57"

declare(
    "obligation.opened",
    basis=_ORDER,
    amount_minor=int,
    currency=str,
    payment_reference=str,
    due_at=str,
    fee=dict,
    tax_rate_bp=int,
)
declare("obligation.cancelled", basis=_ORDER, amount_minor=int, currency=str, payment_reference=str)
declare("obligation.expired", basis=_ORDER, amount_minor=int, currency=str, payment_reference=str)
declare(
    "statement.imported",
    basis=_RECORDS,
    name=str,
    sha256=str,
    rail=str,
    currency=str,
    lines=int,
    known=int,
    matched=int,
    suspended=int,
    received_minor=int,
    paid_minor=int,
)
declare("payment.received", basis=_CUSTODY, amount_minor=int, currency=str, payment_reference=str, transfer=str)
declare("receipt.suspended", basis=_RECORDS, amount_minor=int, currency=str, doubt=str, incoming=bool, transfer=str)
declare("receipt.judged", basis=_RECORDS, doubt=str)
declare(
    "suspense.assigned",
    basis=_RECORDS,
    amount_minor=int,
    currency=str,
    payment_reference=str,
    reason=str,
    funded=bool,
    transfer=str,
)
declare(
    "receipt.returned",
    basis=_RECORDS,
    amount_minor=int,
    currency=str,
    reason=str,
    payment_reference=str,
    transfer=str,
)
declare(
    "escrow.released",
    basis=_CUSTODY,
    amount_minor=int,
    payee_minor=int,
    fee_minor=int,
    vat_minor=int,
    currency=str,
    fee_rule=str,
    free_at=str,
    transfer=str,
)
declare("earnings.freed", basis=_CUSTODY, amount_minor=int, currency=str, transfer=str)
declare(
    "escrow.refunded",
    basis="民法典 566; 电子商务法 53",
    amount_minor=int,
    currency=str,
    reason=str,
    whole=bool,
    payment_reference=str,
    transfer=str,
)
declare("bank_account.registered", basis=_RECORDS, holder=str, number=str, bank=str)
declare(
    "payout.requested",
    basis=_CUSTODY,
    payout_kind=str,
    amount_minor=int,
    currency=str,
    payment_reference=str,
)
declare("payout.approved", basis=_CUSTODY, amount_minor=int, currency=str, payment_reference=str, rule_version=int)
declare("payout.cancelled", basis=_CUSTODY, payment_reference=str, reason=str)
declare("payout.instructed", basis=_CUSTODY, file=str, sha256=str, count=int, total_minor=int, currency=str)
declare("payout.confirmed", basis=_CUSTODY, amount_minor=int, currency=str, payment_reference=str, transfer=str)
declare(
    "payout.failed", basis=_CUSTODY, amount_minor=int, currency=str, payment_reference=str, reason=str, transfer=str
)
declare("payout.returned", basis=_CUSTODY, amount_minor=int, currency=str, payment_reference=str, transfer=str)
_BOOKS = "会计法 9, 10, 15"  # each entry has its document; corrections are entries too
declare(
    "booking.proposed",
    basis=_BOOKS,
    booking_kind=str,
    amount_minor=int,
    currency=str,
    reason=str,
    document=str,
    booked_on=str,
)
declare(
    "booking.booked",
    basis=_BOOKS,
    booking_kind=str,
    amount_minor=int,
    currency=str,
    reason=str,
    document=str,
    transfer=str,
)
declare(
    "booking.refused",
    basis=_BOOKS,
    booking_kind=str,
    amount_minor=int,
    currency=str,
    reason=str,
    document=str,
    decision=str,
)
declare("accounting_period.closed", basis=_BOOKS, first_on=str, transfers=int, trial_sha256=str)
declare("accounting_period.reopening_asked", basis=_BOOKS, first_on=str, reason=str, document=str)
declare("accounting_period.reopened", basis=_BOOKS, first_on=str, reason=str, document=str, asked_by=str)
