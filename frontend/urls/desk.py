"""Addresses of the operator's and the authorities' pages."""

from django.urls import URLPattern

pages: list[URLPattern] = []
