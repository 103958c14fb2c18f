"""What is in a web process."""

import json
import subprocess
import sys

from market.launcher.folders import REPOSITORY

_LOAD = """
import json, sys
import market.wsgi
from django.urls import get_resolver
from django.test import Client
get_resolver().url_patterns
assert Client().get("/healthz").status_code == 200
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_no_web_process_has_a_client_of_the_broker_in_it() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _LOAD], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=120
    ).stdout

    loaded = set(json.loads(said.splitlines()[-1]))
    assert {"django", "ninja", "contracts", "frontend"} <= loaded
    assert loaded.isdisjoint({"celery", "kombu", "redis", "valkey", "amqp"})
