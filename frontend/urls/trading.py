"""Addresses of both sides' pages: negotiations, contracts, trades, money."""

from django.urls import URLPattern

pages: list[URLPattern] = []
