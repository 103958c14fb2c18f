"""The job queue. Only the dispatcher and beat talk to the broker; web processes never do."""

import os
import threading
import time

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
app = Celery("market")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def show_that_it_lives(**_: object) -> None:
    """Hold the worker's advisory lock for as long as the worker's main process lives; /readyz reads it."""
    threading.Thread(target=_hold, name="shown", daemon=True).start()


def _hold() -> None:
    from market import locks, process  # noqa: PLC0415  needs Django, which is set up by now

    with process.Lock(locks.WORKER, is_running=lambda: True) as lock:
        while True:
            lock.check()
            time.sleep(2)
