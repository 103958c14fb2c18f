"""Addresses of the supplier's pages: resources, products, versions, offers."""

from django.urls import URLPattern, path

from frontend.views import products, resources

pages: list[URLPattern] = [
    path("workbench/resources/", resources.index, name="resources"),
    path("workbench/resources/new/", resources.upload, name="upload"),
    path("workbench/resources/<uuid:resource_id>/", resources.show, name="resource"),
    path("workbench/resources/<uuid:resource_id>/progress", resources.progress, name="resource_progress"),
    path("workbench/resources/<uuid:resource_id>/reading", resources.read_again, name="resource_reading"),
    path("workbench/resources/<uuid:resource_id>/product/", products.new, name="product_new"),
    path("workbench/products/", products.index, name="products"),
    path("workbench/products/<uuid:version_id>/", products.show, name="version"),
    path("workbench/products/<uuid:version_id>/description/", products.description, name="product_description"),
    path("workbench/products/<uuid:version_id>/dictionary/", products.dictionary, name="product_dictionary"),
    path("workbench/products/<uuid:version_id>/offers/new/", products.offer, name="product_offer"),
    path("workbench/products/<uuid:version_id>/submission", products.submit, name="product_submission"),
    path("workbench/products/<uuid:version_id>/withdrawal", products.withdraw, name="product_withdrawal"),
    path("workbench/products/<uuid:version_id>/delisting", products.delist, name="product_delisting"),
    path("workbench/products/<uuid:version_id>/certificate", products.certify, name="product_certificate"),
    path("workbench/offers/<uuid:offer_id>/withdrawal", products.withdraw_offer, name="offer_withdrawal"),
]
