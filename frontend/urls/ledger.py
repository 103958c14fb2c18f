"""Addresses of the public ledger, proofs and certificates."""

from django.urls import URLPattern

pages: list[URLPattern] = []
