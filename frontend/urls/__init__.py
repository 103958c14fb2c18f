"""Addresses of the pages. Ours are named `frontend:…`; sign-in keeps allauth's own names."""

from django.urls import URLPattern, URLResolver, include, path

from frontend.urls import account, desk, ledger, public, supply, trading
from frontend.views import guide, preferences

pages: list[URLPattern | URLResolver] = [
    path("theme", preferences.theme, name="theme"),
    path("language", preferences.language, name="language"),
    path("seat", preferences.seat, name="seat"),
    path("help/", guide.help_page, name="help"),
    path("help/api/", guide.programs, name="api"),
    path("terms/<int:version>/", guide.terms, name="terms"),
    path("help/accessibility/", guide.accessibility, name="accessibility"),
    path("robots.txt", guide.robots, name="robots"),
    path("problems/", guide.problems, name="problems"),
    path("problems/<slug:slug>", guide.problem, name="problem"),
    *public.pages,
    *supply.pages,
    *trading.pages,
    *account.pages,
    *desk.pages,
    *ledger.pages,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include((pages, "frontend"))),
]
