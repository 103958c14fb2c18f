"""Addresses of the operator's and the authorities' pages."""

from django.urls import URLPattern, path

from frontend.views import admissions, reviews

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
]
