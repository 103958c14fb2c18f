"""Certificates: one sheet of paper each, which its holders print and anybody can check."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from contracts import certificates, papers
from contracts.clauses import amounts
from contracts.papers import Paper
from frontend import checks, kinds, qr
from market import access
from market.kernel import clock
from market.participants.members import Member
from provenance import anchors, checkpoints
from provenance import certificates as log_certificates
from provenance.checkpoints import Published
from provenance.models import Certificate

TITLES: Final = {
    Certificate.Kind.PRODUCT: (_("Certificate of listing"), "Certificate of Listing"),
    Certificate.Kind.AGREEMENT: (_("Certificate of agreement"), "Certificate of Agreement"),
    Certificate.Kind.DELIVERY: (_("Certificate of delivery"), "Certificate of Delivery"),
    Certificate.Kind.SETTLEMENT: (_("Certificate of settlement"), "Certificate of Settlement"),
}


@access.allow(access.PUBLIC, ceiling="look_up")
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Parties see who and how much; everybody else what was recorded when, and that it stands on the ledger."""
    member: Member | None = getattr(request, "member", None) or None
    published = checkpoints.latest()
    if log_certificates.find(certificate_id).kind != Certificate.Kind.TRADE:
        return _paper(request, papers.read(certificate_id, reader=member, published=published), published)
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


def _paper(request: HttpRequest, paper: Paper, published: Published) -> HttpResponse:
    address = settings.PUBLIC_URL + reverse("frontend:certificate", args=[paper.id])
    signed = [each for each in paper.events if each.row.is_signed and each is not paper.entry]
    context = {
        "paper": paper,
        "title": TITLES[paper.kind],
        "standing": paper.life.status if paper.is_logged else "pending",
        "now": clock.now(),
        "address": address,
        "qr": qr.draw(address, _t("QR code with the address of this certificate")),
        # The parties' copies name the moments themselves: with both lists they would not fit one page.
        "steps": []
        if paper.lines and paper.kind != Certificate.Kind.PRODUCT
        else [(each.row, kinds.words(each.row.kind)) for each in paper.events],
        "entries": [checks.entry(each) for each in ([paper.entry, *signed] if paper.entry else [])],
        "number": paper.entry.row.index + 1 if paper.entry and paper.entry.row.index is not None else None,
        **checks.checkpoint(published),
    }
    return render(request, "frontend/certificates/paper.html", context)
