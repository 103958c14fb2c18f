"""Addresses of the public ledger, proofs and certificates."""

from django.urls import URLPattern, path

from frontend.views import certificates, checkpoints, health, ledger, verify

pages: list[URLPattern] = [
    path("ledger/", ledger.explorer, name="ledger"),
    path("ledger/checkpoints/", checkpoints.page, name="checkpoints"),
    path("ledger/health/", health.page, name="ledger_health"),
    path("ledger/<int:index>/", ledger.entry, name="entry"),
    path("certificates/<uuid:certificate_id>/", certificates.certificate, name="certificate"),
    path("verify/", verify.verify, name="verify"),
]
