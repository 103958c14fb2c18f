"""Addresses of the operator's and the authorities' pages."""

from django.urls import URLPattern, path

from frontend.views import reviews

pages: list[URLPattern] = [
    path("desk/reviews/", reviews.queue, name="reviews"),
    path("desk/reviews/<uuid:version_id>/", reviews.show, name="review"),
    path("desk/reviews/<uuid:version_id>/approval", reviews.approve, name="review_approval"),
    path("desk/reviews/<uuid:version_id>/refusal", reviews.refuse, name="review_refusal"),
]
