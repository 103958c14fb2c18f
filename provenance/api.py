"""The provenance room's doors for programs."""

from ninja import Router

router = Router(tags=["provenance"])
