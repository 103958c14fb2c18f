"""Public addresses of the log."""

from django.urls import URLPattern, path

from provenance import views

app_name = "log"
urlpatterns: list[URLPattern] = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("policy", views.policy, name="policy"),
    path("tile/<path:path>", views.tile, name="tile"),
]
