"""The certificate of a trade: one sheet of paper that its holders print and anybody can check."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t

from contracts import certificates
from contracts.clauses import amounts
from frontend import checks, kinds, qr
from market import access
from market.kernel import clock
from market.participants.members import Member
from provenance import anchors, checkpoints


@access.allow(access.PUBLIC, ceiling="look_up")
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Parties see who and how much; everybody else what was recorded when, and that it stands on the ledger."""
    member: Member | None = getattr(request, "member", None) or None
    published = checkpoints.latest()
    sheet = certificates.sheet(certificate_id, reader=member, published=published)
    address = settings.PUBLIC_URL + reverse("frontend:certificate", args=[certificate_id])
    holding = sheet.holding
    place = sheet.entry.row.index if sheet.entry else None
    context = {
        "sheet": sheet,
        "holding": holding,
        "capital": amounts.capital(holding.price_minor) if holding and holding.price_minor else "",
        "now": clock.now(),
        "address": address,
        "qr": qr.draw(address, _t("QR code with the address of this certificate")),
        "steps": [(each.row, kinds.words(each.row.kind)) for each in sheet.events] if holding is None else [],
        "entries": [checks.entry(each) for each in sheet.entries],
        "anchor": anchors.covering(place) if place is not None else None,
        "number": sheet.entry.row.index + 1 if sheet.entry and sheet.entry.row.index is not None else None,
        **checks.checkpoint(published),
    }
    return render(request, "frontend/certificates/trade.html", context)
