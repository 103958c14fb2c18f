"""The drawn icons: 16 × 16 units, 1.75 px stroke, no fill. An icon never stands without a word."""

from typing import Final

from django.utils.safestring import SafeString, mark_safe

PATHS: Final[dict[str, str]] = {
    "check": "M3 8.4l3.3 3.3L13 5",
    "cross": "M4 4l8 8M12 4l-8 8",
    "open": "M12 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0z",
    "warn": "M8 2.6l6 10.8H2zM8 6.8v2.8M8 11.4v.1",
    "must": "M8 3v6.4M8 12.6v.1",
    "arrow": "M2.5 8h11M9.6 4.1l3.9 3.9-3.9 3.9",
    "clock": "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM8 4.7V8l2.2 1.5",
    "lock": "M3.8 7.4h8.4v6H3.8zM5.4 7.4V5a2.6 2.6 0 0 1 5.2 0v2.4",
    "key": "M6.6 8a2.3 2.3 0 1 1-4.6 0 2.3 2.3 0 0 1 4.6 0zM6.6 8H14v2.4M11.4 8v1.8",
    "up": "M8 3.6l5 8.8H3z",
    "down": "M8 12.4l5-8.8H3z",
    "plus": "M8 3v10M3 8h10",
    "download": "M8 2.5v8M4.6 7.3L8 10.7l3.4-3.4M3 13.5h10",
    "upload": "M8 10.7v-8M4.6 5.9L8 2.5l3.4 3.4M3 13.5h10",
    "copy": "M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6",
    "file": "M4 2h5l3 3v9H4zM9 2v3h3",
}


def draw(name: str, tone: str = "") -> SafeString:
    """The icon as inline SVG, hidden from readers because a word stands beside it.

    tone: a class that colours it, such as `success`. Raises KeyError for a name that is not drawn.
    """
    classes = f"icon {tone}" if tone else "icon"
    # Both parts come from this file and from templates, never from a visitor.
    return mark_safe(  # noqa: S308
        f'<svg class="{classes}" viewBox="0 0 16 16" aria-hidden="true"><path d="{PATHS[name]}"/></svg>'
    )
