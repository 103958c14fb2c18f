"""Addresses of both sides' pages: negotiations, contracts, trades, money."""

from django.urls import URLPattern, path

from frontend.views import contracts, deliveries, money, negotiations, trade_steps, trades

pages: list[URLPattern] = [
    path("workbench/offers/<uuid:offer_id>/request/", negotiations.ask, name="offer_request"),
    path("workbench/negotiations/", negotiations.listing, name="negotiations"),
    path("workbench/negotiations/<uuid:negotiation_id>/", negotiations.detail, name="negotiation"),
    path("workbench/negotiations/<uuid:negotiation_id>/counter", negotiations.counter, name="negotiation_counter"),
    path("workbench/negotiations/<uuid:negotiation_id>/accept", negotiations.accept, name="negotiation_accept"),
    path("workbench/negotiations/<uuid:negotiation_id>/end/", negotiations.end, name="negotiation_end"),
    path("workbench/negotiations/<uuid:negotiation_id>/reminder", negotiations.remind, name="turn_reminder"),
    path("workbench/negotiations/<uuid:negotiation_id>/contract/", contracts.document, name="contract"),
    path("workbench/negotiations/<uuid:negotiation_id>/contract/sign", contracts.sign, name="contract_sign"),
    path("workbench/negotiations/<uuid:negotiation_id>/contract/key", contracts.make_key, name="contract_key"),
    path("workbench/negotiations/<uuid:negotiation_id>/contract/bytes", contracts.exact, name="contract_bytes"),
    path("workbench/trades/", trades.listing, name="trades"),
    path("workbench/trades/<uuid:trade_id>/", trades.detail, name="trade"),
    path("workbench/trades/<uuid:trade_id>/download/", deliveries.download, name="trade_download"),
    path("workbench/trades/<uuid:trade_id>/uses/<uuid:use_id>/", deliveries.use, name="trade_use"),
    path("workbench/trades/<uuid:trade_id>/bundle", deliveries.bundle, name="trade_bundle"),
    path("workbench/trades/<uuid:trade_id>/accept/", trade_steps.accept, name="trade_accept"),
    path("workbench/trades/<uuid:trade_id>/object/", trade_steps.object_, name="trade_object"),
    path("workbench/trades/<uuid:trade_id>/cancel/", trade_steps.cancel, name="trade_cancel"),
    path(
        "workbench/trades/<uuid:trade_id>/certificates/<slug:kind>", trade_steps.certify_step, name="step_certificate"
    ),
    path("workbench/trades/<uuid:trade_id>/certificate", trade_steps.certify, name="trade_certificate"),
    path(
        "workbench/trades/<uuid:trade_id>/disputes/<uuid:dispute_id>/withdraw/",
        trade_steps.withdraw,
        name="dispute_withdraw",
    ),
    path(
        "workbench/trades/<uuid:trade_id>/disputes/<uuid:dispute_id>/concede/",
        trade_steps.concede,
        name="dispute_concede",
    ),
    path("workbench/money/", money.account, name="money"),
    path("workbench/money/statement.csv", money.export, name="money_export"),
    path("workbench/money/payouts", money.pay_out, name="payout_request"),
    path("workbench/money/payouts/<uuid:payout_id>/cancel/", money.cancel_payout, name="payout_cancel"),
    path("workbench/money/bank-account/", money.bank_account, name="bank_account"),
]
