"""Asks a starting platform whether it is ready, and which part is missing."""

import http.client
import json


def ask(port: int, delivery_port: int, listen: str = "127.0.0.1") -> tuple[bool, str]:
    """Whether /readyz answers 200 and downloads are served, and else which parts are missing.

    listen: the address that the servers were told to listen on.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen, listen)  # noqa: S104  a name, nothing is bound
    status, body = _get(host, port, "/readyz")
    missing = [] if status == 200 else _missing(status, body)
    # /readyz speaks for what the site itself needs; the delivery server stands beside it.
    if _get(host, delivery_port, "/")[0] == 0:
        missing.append("delivery")
    return not missing, ", ".join(missing)


def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    """Status and body; status 0 when nothing answers."""
    # Not urllib: a proxy in the environment must not come between us and our own port.
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _missing(status: int, body: bytes) -> list[str]:
    if status == 0:
        return ["web"]
    try:
        return [name for name, part in json.loads(body)["parts"].items() if not part["ok"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"web (/readyz answers {status})"]
