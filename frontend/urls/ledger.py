"""Addresses of the public ledger, proofs and certificates."""

from django.urls import URLPattern, path

from frontend.views import anchors, certificates, checkpoints, health, ledger, lineage, verify

pages: list[URLPattern] = [
    path("ledger/", ledger.explorer, name="ledger"),
    path("ledger/checkpoints/", checkpoints.page, name="checkpoints"),
    path("ledger/anchors/", anchors.page, name="anchors"),
    path("ledger/health/", health.page, name="ledger_health"),
    path("ledger/<int:index>/", ledger.entry, name="entry"),
    path("certificates/<uuid:certificate_id>/", certificates.certificate, name="certificate"),
    path("products/<uuid:version_id>/provenance/", lineage.version, name="product_lineage"),
    path("workbench/trades/<uuid:trade_id>/provenance/", lineage.trade, name="trade_lineage"),
    path("workbench/resources/<uuid:resource_id>/provenance/", lineage.resource, name="resource_lineage"),
    path("verify/", verify.verify, name="verify"),
]
