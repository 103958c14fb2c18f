"""Addresses of the pages. Ours are named `frontend:…`; sign-in keeps allauth's own names."""

from django.urls import URLPattern, URLResolver, include, path

from frontend.views import guide, preferences

pages: list[URLPattern | URLResolver] = [
    path("theme", preferences.theme, name="theme"),
    path("language", preferences.language, name="language"),
    path("seat", preferences.seat, name="seat"),
    path("help/", guide.help_page, name="help"),
    path("help/accessibility/", guide.accessibility, name="accessibility"),
    path("problems/", guide.problems, name="problems"),
    path("problems/<slug:slug>", guide.problem, name="problem"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include((pages, "frontend"))),
]
