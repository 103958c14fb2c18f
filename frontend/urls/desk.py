"""Addresses of the operator's and the authorities' pages."""

from django.urls import URLPattern, path

from frontend.views import admissions, holds, journal, orders, reviews, supervision

pages: list[URLPattern] = [
    path("desk/reviews/", reviews.queue, name="reviews"),
    path("desk/reviews/<uuid:version_id>/", reviews.show, name="review"),
    path("desk/reviews/<uuid:version_id>/approval", reviews.approve, name="review_approval"),
    path("desk/reviews/<uuid:version_id>/refusal", reviews.refuse, name="review_refusal"),
    path("desk/admissions/", admissions.queue, name="admissions"),
    path("desk/admissions/<uuid:admission_id>/", admissions.show, name="admission"),
    path("admissions/<uuid:admission_id>", admissions.show, name="admission_letter"),
    path("admissions/<uuid:admission_id>/", admissions.show),
    path("admission", admissions.own, name="admission_own"),
    path("desk/admissions/<uuid:admission_id>/licence", admissions.licence, name="admission_licence"),
    path("desk/admissions/<uuid:admission_id>/decision", admissions.admit, name="admission_decision"),
    path("desk/admissions/<uuid:admission_id>/refusal", admissions.refuse, name="admission_refusal"),
    # supervision
    path("desk/supervision/", supervision.overview, name="supervision"),
    path("desk/trades/<uuid:trade_id>/", supervision.trade, name="desk_trade"),
    path("desk/holds/", holds.listing, name="holds"),
    path("desk/holds/new/", holds.new, name="hold_new"),
    path("desk/holds/<uuid:hold_id>/", holds.show, name="hold"),
    path("desk/holds/<uuid:hold_id>/lifting", holds.lift, name="hold_lifting"),
    path("desk/orders/<uuid:order_id>/", orders.show, name="order"),
    path("desk/orders/<uuid:order_id>/confirmation", orders.confirm, name="order_confirmation"),
    path("desk/orders/<uuid:order_id>/refusal", orders.withdraw, name="order_refusal"),
    path("desk/journal/", journal.listing, name="journal"),
    path("workbench/holds/<uuid:subject_id>/", holds.held, name="held"),
]
