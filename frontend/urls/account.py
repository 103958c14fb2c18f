"""Addresses of people's and organisations' pages: inbox, admission, members, keys."""

from django.urls import URLPattern

pages: list[URLPattern] = []
