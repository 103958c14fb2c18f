"""The books of the market: whether the custodian's account covers clients' money, and the trial balance."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from frontend.forms.bookkeeping import MomentForm
from market import access
from market.kernel import clock
from market.requests import MemberRequest
from settlement import desk
from settlement.accounts import CHART, Code
from settlement.queries import DESK

BOOKS: Final = ("C", "O")  # clients' money, the operator's own
# What settlement.books.check calls its findings.
FINDINGS: Final[Mapping[str, Promise]] = {
    "balance_drift": _("An account's kept sum differs from its postings"),
    "rollup_drift": _("An account's rolled-up sum differs from its postings"),
    "escrow_residue": _("Escrow differs from what is due"),
    "books_apart": _("Fees differ between the two books"),
    "shortfall": _("The custodian's account does not cover what is owed"),
    "suspense_differs": _("Suspense differs from its lines"),
    "bank_differs": _("The custodian's account differs from the imported lines"),
    "statement_gap": _("The statements' balances differ from their lines"),
}


@require_safe
@access.allow(*DESK)
def show(request: MemberRequest) -> HttpResponse:
    """The sums that must agree, whatever does not, and the trial balance of both books; or how they stood."""
    moment = MomentForm(request.GET or None)
    then = moment.at if moment.is_bound else None
    found = desk.whole_books(for_=request.member, at=then)
    context = {
        "at": then or clock.now(),
        "moment": moment,
        "is_past": then is not None,
        "findings": [{"title": FINDINGS[each.name], "row": each} for each in found.findings],
        "sums": [
            {
                "currency": currency,
                "bank": found.balance(Code.BANK, currency),
                "owed": found.owed_minor(currency),
                "escrow": found.balance(Code.ESCROW, currency),
                "suspense": found.balance(Code.SUSPENSE, currency),
                "short": max(0, found.owed_minor(currency) - found.balance(Code.BANK, currency)),
            }
            for currency in found.currencies
        ],
        "books": [
            {"code": book, "rows": [(row, CHART[row.code].is_debit_normal) for row in found.rows if row.book == book]}
            for book in BOOKS
        ],
    }
    return render(request, "frontend/desk/books.html", context)
