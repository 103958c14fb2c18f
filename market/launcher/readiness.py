"""Asks a starting platform whether it is ready, and which part is missing."""

import http.client
import json


def ask(port: int) -> tuple[bool, str]:
    """Whether /readyz answers 200, and which parts it says are missing."""
    # Not urllib: a proxy in the environment must not come between us and our own port.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return False, f"web (no answer yet: {type(error).__name__})"
    finally:
        connection.close()
    if answer.status == 200:
        return True, ""
    return False, _missing(body) or f"/readyz answers {answer.status}"


def _missing(body: bytes) -> str:
    try:
        parts = json.loads(body)["parts"]
        return ", ".join(name for name, part in parts.items() if not part["ok"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
