"""Settings. Importing them writes nothing; each variable that is set replaces its embedded default."""

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from market import env

BASE_DIR = env.BASE_DIR
VAR_DIR = env.VAR_DIR
PRODUCTION = env.IS_PRODUCTION
DEBUG = False
_running = env.running()

# --- who we are -------------------------------------------------------------------------------
PORT = env.number("PORT", int(_running.get("port") or 8000))
DELIVERY_PORT = env.number("DELIVERY_PORT", int(_running.get("delivery_port") or 8001))
PUBLIC_URL = env.text("PUBLIC_URL", None if PRODUCTION else f"http://localhost:{PORT}").rstrip("/")
DELIVERY_URL = env.text("DELIVERY_URL", None if PRODUCTION else f"http://localhost:{DELIVERY_PORT}").rstrip("/")
# Demonstration accounts exist only here; the demonstration commands refuse to run anywhere else.
DEMONSTRATION = not PRODUCTION
MARKET_NAME = env.text("MARKET_NAME", "太原数据要素市场")
MARKET_NAME_EN = env.text("MARKET_NAME_EN", "Taiyuan Data Market" if MARKET_NAME == "太原数据要素市场" else MARKET_NAME)
CUSTODIAN = env.text("CUSTODIAN", "" if not PRODUCTION else None)  # who holds clients' money; empty: nobody yet
# The account that buyers pay to; a demonstration has none, and its pages say so.
ESCROW_HOLDER = env.text("ESCROW_HOLDER", MARKET_NAME if not PRODUCTION else None)
ESCROW_ACCOUNT = env.text("ESCROW_ACCOUNT", "" if not PRODUCTION else None)
ESCROW_BANK = env.text("ESCROW_BANK", CUSTODIAN)
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS", "*" if not PRODUCTION else PUBLIC_URL.split("://")[-1].split(":")[0]).split(
    ","
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- secrets ----------------------------------------------------------------------------------
# A bare checkout has none: sessions made with this stand-in die with the process.
SECRET_KEY = env.secret("secret_key") or secrets.token_urlsafe(48)
FIELD_KEY = env.key_bytes("field_key")  # seals identity numbers and PIN-sealed keys at rest
LOG_SIGNING_KEY = env.key_bytes("log_key") if not PRODUCTION else env.key_bytes("log_signing_key")
# Beside the signing key while it is being changed (provenance/keys.py).
LOG_SIGNING_KEY_NEXT = env.key_bytes("log_key_next" if not PRODUCTION else "log_signing_key_next", is_needed=False)
LOG_ORIGIN = env.text("LOG_ORIGIN", None if PRODUCTION else "demo.data-element-market.example/log")
LOG_DIR = VAR_DIR / "log-tiles"
# A tlog-policy without logs: `witness` lines with addresses, groups, the quorum. Absent: nobody cosigns.
LOG_WITNESSES = Path(env.text("LOG_WITNESSES", str(VAR_DIR / "witnesses.policy")))
STORAGE_URL = env.text("STORAGE_URL", None if PRODUCTION else f"file://{VAR_DIR / 'objects'}")
UPLOAD_DIR = VAR_DIR / "incoming"

# --- database: market_app runs, market_owner migrates -------------------------------------------
_app = env.database(env.text("DATABASE_URL")) if PRODUCTION else env.embedded_database("market_app")
DATABASE_OWNER = (
    env.database(env.text("DATABASE_OWNER_URL", env.text("DATABASE_URL")))
    if PRODUCTION
    else env.embedded_database("market_owner")
)
DATABASE_POOL_MAX = env.number("DATABASE_POOL_MAX", 8)  # at least the number of threads of a process
DATABASES: dict[str, dict[str, Any]] = {
    "default": _app
    | {
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _app["OPTIONS"]
        | {
            "pool": {"min_size": 0, "max_size": DATABASE_POOL_MAX, "timeout": 5},
            "prepare_threshold": 0,  # of market.kernel.prepared; Django's own cursors prepare nothing
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "csp",
    "market",
    "provenance",
    "listings",
    "delivery",
    "settlement",
    "contracts",
    "supervision",
    "frontend",
    "allauth",  # after the rooms, whose translations come first
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "market.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "market.participants.middleware.MemberMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "market.unanswered.UnansweredMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "frontend.refusals.RefusalMiddleware",
]
ROOT_URLCONF = "market.urls"
WSGI_APPLICATION = "market.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],  # before allauth's own: sign-in looks as everything does
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontend.context.frame",
            ],
        },
    }
]

# --- sign-in --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "market.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "market.participants.passwords.Unlike"},
    {"NAME": "market.participants.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "market.participants.passwords.Uncommon"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up: it goes on, e.g. to an invitation
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/workbench/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
# Lockout: five wrong passwords for one address in five minutes, and a ceiling for each client.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
}
ACCOUNT_ADAPTER = "market.participants.accounts.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "market.participants.forms.NameForm"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password, a new address, a second factor taken away
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = MARKET_NAME
# Seats of the operator and of authorities come in with a second factor only (GB/T 22239 level 3).
SECOND_FACTOR_REQUIRED = not DEMONSTRATION
PASSWORD_RESET_TIMEOUT = 3600
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
_secure = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "frontend.views.errors.stale_form"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
# The cache holds rate limits and counters that every web process must share; it lives in the database,
# because a hung broker must never hang a page.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "market_cache",
        # Django's 300 would let an attacker push lockouts out by failing under 300 other names.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- language, time ---------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # the database's; pages show MARKET_TIME_ZONE
MARKET_TIME_ZONE = "Asia/Shanghai"

# --- static files -------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# The collecting command is what writes the manifest, so it cannot wait for one.
_has_manifest = (STATIC_ROOT / "staticfiles.json").is_file() or sys.argv[1:2] == ["collectstatic"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _has_manifest
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not _has_manifest

# --- files that strangers send -------------------------------------------------------------------------
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]  # streamed, never in memory
FILE_UPLOAD_TEMP_DIR = str(UPLOAD_DIR) if UPLOAD_DIR.is_dir() else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
UPLOAD_BYTES_MAX = env.number("UPLOAD_BYTES_MAX", 2 * 1024**3)
STATEMENT_BYTES_MAX = env.number("STATEMENT_BYTES_MAX", 10 * 1024**2)
STATEMENT_ROWS_MAX = env.number("STATEMENT_ROWS_MAX", 50_000)
PAYMENT_PREFIX = env.text("PAYMENT_PREFIX", "TY")  # two capital letters before the digits of a payment reference
INTAKE_ROWS_MAX = env.number("INTAKE_ROWS_MAX", 20_000_000)
INTAKE_COLUMNS_MAX = env.number("INTAKE_COLUMNS_MAX", 10_000)
INTAKE_SECONDS_MAX = env.number("INTAKE_SECONDS_MAX", 300)
INTAKE_MEMORY_MB_MAX = env.number("INTAKE_MEMORY_MB_MAX", 1024)
PREVIEW_ROWS_MAX = env.number("PREVIEW_ROWS_MAX", 100)
PAGE_SIZE = env.number("PAGE_SIZE", 20)
PAGE_SIZE_MAX = env.number("PAGE_SIZE_MAX", 100)

# --- delivery -----------------------------------------------------------------------------------------
USE_MINUTES = env.number("USE_MINUTES", 30)  # a use stays open for ranges that long
DELIVERY_BLOCK_BYTES = 1024 * 1024  # block size alone is a factor of three in CPU per GB
DELIVERY_STREAMS_MAX = env.number("DELIVERY_STREAMS_MAX", 128)  # ranges at once in one process; more are told to wait
DELIVERY_STREAMS_PER_BUYER_MAX = env.number("DELIVERY_STREAMS_PER_BUYER_MAX", 32)  # so that none takes all lines
DELIVERY_CONNECTIONS_MAX = env.number("DELIVERY_CONNECTIONS_MAX", 192)  # a thread each, also those without a range
USE_RANGES_MAX = env.number("USE_RANGES_MAX", 10_000)
# Counted in each web process's own memory (market/limits.py). api: for one key, person or address; sign_in: wrong keys
# from one address; look_up: questions to the public search, ledger and certificates from one person or address.
RATE_LIMITS = {"api": "600/m", "sign_in": "20/m", "look_up": f"{env.number('LOOK_UPS_PER_MINUTE_MAX', 120)}/m"}

# --- jobs ---------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text(
    "BROKER_URL",
    None if PRODUCTION else f"redis+socket://{_running.get('valkey_socket') or VAR_DIR / 'run' / 'valkey.sock'}",
)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900, "socket_timeout": 5}
CELERY_TASK_TIME_LIMIT = 900
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "deadlines": {"task": "contracts.tasks.watch_deadlines", "schedule": 30.0},
    "intake": {"task": "listings.tasks.sweep_intake", "schedule": 10.0, "options": {"expires": 10}},
    "search": {"task": "listings.tasks.fold_search", "schedule": 15.0},
    "uses": {"task": "delivery.tasks.close_expired", "schedule": 30.0},
    "earnings": {"task": "settlement.tasks.free_earnings", "schedule": 300.0},
    "rollups": {"task": "settlement.tasks.roll_up", "schedule": 60.0, "options": {"expires": 60}},
    "answers": {"task": "settlement.tasks.forget_answers", "schedule": 86_400.0},
    "mail": {"task": "market.tasks.send_mail", "schedule": 10.0},
    "reminders": {"task": "market.tasks.remind", "schedule": 60.0},
}

# --- mail ---------------------------------------------------------------------------------------------
_mail = env.text("EMAIL_URL", None if PRODUCTION else f"file://{VAR_DIR / 'mail'}")
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"no-reply@{PUBLIC_URL.split('://')[-1].split(':')[0]}")
(
    EMAIL_BACKEND,
    EMAIL_FILE_PATH,
    EMAIL_HOST,
    EMAIL_PORT,
    EMAIL_HOST_USER,
    EMAIL_HOST_PASSWORD,
    EMAIL_USE_TLS,
    EMAIL_USE_SSL,
) = env.mail(_mail)
EMAIL_TIMEOUT = 10

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
}
