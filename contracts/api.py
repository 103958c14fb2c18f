"""The contracts room's doors for programs."""

from ninja import Router

router = Router(tags=["contracts"])
