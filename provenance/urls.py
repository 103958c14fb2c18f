"""Public addresses of the log."""

from django.urls import URLPattern, path

from provenance import views

app_name = "log"
urlpatterns: list[URLPattern] = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("tile/<path:path>", views.tile, name="tile"),
]
