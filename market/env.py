"""The only place that reads the environment. Reading writes nothing and guesses nothing."""

import base64
import json
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR: Final = Path(__file__).resolve().parent.parent
VAR_DIR: Final = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
IS_PRODUCTION: Final = bool(os.environ.get("DATABASE_URL"))


def text(name: str, default: str | None = None) -> str:
    """A setting as text; without a default its absence stops the start with one sentence."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set: a production start needs it.")
    return default


def number(name: str, default: int) -> int:
    """A whole number."""
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def flag(name: str, *, default: bool) -> bool:
    """A yes or no: 1, true, yes, on against 0, false, no, off."""
    value = os.environ.get(name, "").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
    return default


def running() -> dict[str, Any]:
    """Where the launcher's services listen (VAR_DIR/run.json); empty when nothing was started here."""
    path = VAR_DIR / "run.json"
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def secret(name: str, *, is_needed: bool = True) -> str:
    """A secret from the environment, else the one that the launcher keeps for the embedded run.

    A bare checkout has neither: then the value is empty and only commands without secrets work.
    """
    value = os.environ.get(name.upper(), "")
    if value:
        return value
    if IS_PRODUCTION and not is_needed:
        return ""
    if IS_PRODUCTION:
        raise ImproperlyConfigured(f"{name.upper()} is not set: a production start needs it.")
    path = VAR_DIR / "secrets" / name
    return path.read_text("utf-8").strip() if path.is_file() else ""


def key_bytes(name: str, *, is_needed: bool = True) -> bytes:
    """A 32-byte key in base64. Raises ImproperlyConfigured for any other length; empty when absent."""
    value = secret(name, is_needed=is_needed)
    if not value:
        return b""
    key = base64.b64decode(value)
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name.upper()} must be 32 bytes in base64, not {len(key)}.")
    return key


def database(url: str) -> dict[str, Any]:
    """postgres://user:password@host:port/name?option=… as Django's settings."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres://.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def embedded_database(role: str) -> dict[str, Any]:
    """The launcher's own server over its unix socket, as one of the two roles."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "market",
        "USER": role,
        "PASSWORD": "",
        "HOST": str(running().get("postgres_socket") or VAR_DIR / "run"),
        "PORT": "5432",  # names the socket; left open, libpq would take PGPORT of the caller's shell
        "OPTIONS": {},
    }


def mail(url: str) -> tuple[str, str | None, str, int, str, str, bool, bool]:
    """EMAIL_URL as Django's eight mail settings: console:, file:///folder, smtp://, smtp+tls:// or smtps://."""
    parts = urlsplit(url)
    backends = "django.core.mail.backends."
    if parts.scheme == "console":
        return backends + "console.EmailBackend", None, "", 0, "", "", False, False
    if parts.scheme == "file":
        return backends + "filebased.EmailBackend", parts.path, "", 0, "", "", False, False
    if parts.scheme in {"smtp", "smtp+tls", "smtps"}:
        port = parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        is_tls, is_ssl = parts.scheme == "smtp+tls", parts.scheme == "smtps"
        return (
            backends + "smtp.EmailBackend",
            None,
            parts.hostname or "",
            port,
            user,
            password,
            is_tls,
            is_ssl,
        )
    raise ImproperlyConfigured("EMAIL_URL must begin with console:, file://, smtp://, smtp+tls:// or smtps://.")
