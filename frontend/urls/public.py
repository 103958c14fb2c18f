"""Addresses of home, catalogue and product pages."""

from django.urls import URLPattern

pages: list[URLPattern] = []
