"""Whether the process lives (/healthz) and whether the whole can work (/readyz)."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from market import locks
from market.access import PUBLIC, allow


@allow(PUBLIC)
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process answers."""
    return JsonResponse({"status": "ok"})


@allow(PUBLIC)
def readyz(request: HttpRequest) -> HttpResponse:
    """200 only when database, broker, worker, sequencer and dispatcher are there; JSON naming each.

    Nothing beats in the database: processes hold advisory locks while they live.
    """
    parts = state()
    ready = all(part["ok"] for part in parts.values())
    return JsonResponse({"status": "ready" if ready else "not ready", "parts": parts}, status=200 if ready else 503)


def state() -> dict[str, dict[str, Any]]:
    """Each part with `ok` and, where there is one, the age of the oldest waiting piece of work in seconds."""
    try:
        with connection.cursor() as cursor:
            held = locks.held(cursor)
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0)::float"
                " FROM market_dispatch WHERE due_at < now()"
            )
            (waiting_s,) = cursor.fetchone() or (0,)
    except DatabaseError:
        return {"database": {"ok": False}}
    return {
        "database": {"ok": True},
        "sequencer": {"ok": locks.SEQUENCER in held},
        "dispatcher": {"ok": locks.DISPATCHER in held, "oldest_waiting_s": round(waiting_s, 1)},
        "worker": {"ok": locks.WORKER in held},
        "broker": {"ok": locks.BROKER in held},
        "market": {"ok": True, "demonstration": settings.DEMONSTRATION},
    }
