"""Participants' doors: people and organisations, memberships, admissions, keys, and what waits for whom."""

from ninja import Router

from market.participants.api import admissions, keys, memberships, organisations

router = Router(tags=["participants"])
for part in (organisations, memberships, admissions, keys):
    router.add_router("", part.router)
