"""What every page knows."""

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame of a page."""
    return {"member": getattr(request, "member", None)}
