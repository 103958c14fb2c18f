"""Addresses of the supplier's pages: resources, products, versions, offers."""

from django.urls import URLPattern

pages: list[URLPattern] = []
