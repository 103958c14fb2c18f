"""All addresses of the site. Upper rooms are named by string."""

from django.urls import URLPattern, URLResolver, include, path

from market import health
from market.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("api/", api.urls),
    path("log/", include("provenance.urls")),
    path("", include("frontend.urls")),
]
handler403 = "frontend.views.errors.forbidden"
handler404 = "frontend.views.errors.not_found"
handler500 = "frontend.views.errors.server_error"
