"""Addresses of home, catalogue and product pages."""

from django.urls import URLPattern, path

from frontend.views import catalogue, home, listing, oversight

pages: list[URLPattern] = [
    path("", home.show, name="home"),
    path("catalogue/", catalogue.index, name="catalogue"),
    path("catalogue/filters/", catalogue.filters, name="catalogue_filters"),
    path("products/<uuid:version_id>/", listing.show, name="product"),
    path("products/<uuid:version_id>/oversight/", oversight.show, name="product_oversight"),
    path("products/<uuid:version_id>/sample.csv", listing.sample, name="product_sample"),
    path("products/<uuid:version_id>/policy.json", listing.policy, name="product_policy"),
    path("products/<uuid:version_id>/buy/", listing.buy, name="product_buy"),
]
