"""How the log is doing: size, the age of its last checkpoint, what waits, who cosigns."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend import checks
from market import access
from market.kernel import clock
from provenance import queries
from provenance.queries import Health

LATE_S: Final = 60  # the sequencer needs seconds
HALTED_S: Final = 600
NEWEST: Final = 10


@require_safe
@access.allow(access.PUBLIC)
def page(request: HttpRequest) -> HttpResponse:
    """Everything by which a stranger tells a log that works from one that stands still."""
    health, signing = queries.health(), queries.signing()
    age = (clock.now() - health.signed_at).total_seconds() if health.signed_at else None
    context: dict[str, Any] = {
        "health": health,
        "signing": signing,
        "alarm": alarm(health),
        "age_s": age,
        "rows": [(each, bytes(each.root).hex()) for each in queries.signed(NEWEST)],
        **checks.checkpoint(),
    }
    return render(request, "frontend/ledger/health.html", context)


def alarm(health: Health) -> str:
    """How late the log is: on time, late, or halted. Trades go on in any case."""
    if health.oldest_pending_s >= HALTED_S:
        return "halted"
    return "late" if health.oldest_pending_s >= LATE_S else "on_time"
