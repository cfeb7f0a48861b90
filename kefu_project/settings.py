"""All settings, read from the environment once. README.md has the table of variables.

Two modes, one code path: embedded (default: SQLite, memory broker, one process) and scaled (DATABASE_URL and
KEFU_REDIS_URL). Unsafe combinations are refused by kefu_project/checks.py.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu.entity import Exchange, Queue

from kefu_project.environment import (
    email_settings,
    origin_of,
    pooled,
    secret_key,
    sqlite_database,
    static_version,
)
from kefu_project.preflight import TEMPORARY, default_data_dir
from kefu_project.telemetry.logging import logging_config

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def _one_of(name: str, default: str, *allowed: str) -> str:
    value: str = env.str(name, default=default).strip().lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def _port(name: str, default: int) -> int:
    text: str = env.str(name, default=str(default)).strip()
    if not text.isdigit() or int(text) > 65535:
        raise ImproperlyConfigured(f"{name} must be a port number (0 to 65535), not {text!r}.")
    return int(text)


# --- kefu's own --------------------------------------------------------------------------------------------
KEFU_DATA_DIR = default_data_dir()
KEFU_HOST = env.str("KEFU_HOST", default="127.0.0.1")
KEFU_PORT = _port("PORT", 8000)
KEFU_REDIS_URL = env.str("KEFU_REDIS_URL", default="")
KEFU_REDIS_PREFIX = env.str("KEFU_REDIS_PREFIX", default="kefu")
KEFU_REDIS_MIN_REPLICAS = env.int("KEFU_REDIS_MIN_REPLICAS", default=0)
KEFU_JOURNAL_SHARDS = env.int("KEFU_JOURNAL_SHARDS", default=8)
# Bodies stay in the journal for ten minutes after they were persisted, conversations for an hour of silence:
# what resumes ask for is there, and 10,000 entries a second still fit in 3 GB.
KEFU_JOURNAL_KEEP_S = env.int("KEFU_JOURNAL_KEEP_S", default=600)
KEFU_JOURNAL_IDLE_S = env.int("KEFU_JOURNAL_IDLE_S", default=3600)
KEFU_SCALED = bool(KEFU_REDIS_URL)
KEFU_HEARTBEAT_S = env.int("KEFU_HEARTBEAT_S", default=25)
if not 1 <= KEFU_HEARTBEAT_S <= 300:
    raise ImproperlyConfigured(f"KEFU_HEARTBEAT_S must be 1 to 300 seconds, not {KEFU_HEARTBEAT_S}.")
KEFU_RATE_LIMIT = _one_of("KEFU_RATE_LIMIT", "on", "on", "off") == "on"
KEFU_DEMO = _one_of("KEFU_DEMO", "on", "on", "off") == "on"
KEFU_BOT = _one_of("KEFU_BOT", "on", "on", "off") == "on"
KEFU_NLP_WINDOW_US = env.int("KEFU_NLP_WINDOW_US", default=500)
if not 0 <= KEFU_NLP_WINDOW_US <= 50_000:
    raise ImproperlyConfigured(
        f"KEFU_NLP_WINDOW_US must be 0 to 50000 microseconds, not {KEFU_NLP_WINDOW_US}."
    )
KEFU_ROUTING = _one_of("KEFU_ROUTING", "auto", "auto", "manual")
KEFU_AGENT_GRACE_S = env.int("KEFU_AGENT_GRACE_S", default=30)
if not 1 <= KEFU_AGENT_GRACE_S <= 86_400:
    raise ImproperlyConfigured(f"KEFU_AGENT_GRACE_S must be 1 to 86400 seconds, not {KEFU_AGENT_GRACE_S}.")
KEFU_PUBLIC_URL = env.str("KEFU_PUBLIC_URL", default="").rstrip("/")
KEFU_PUBLIC_ORIGIN = origin_of(KEFU_PUBLIC_URL, "KEFU_PUBLIC_URL") if KEFU_PUBLIC_URL else ""
KEFU_TRUSTED_PROXIES: list[str] = env.list("KEFU_TRUSTED_PROXIES", default=[])
KEFU_LOG_LEVEL = _one_of("KEFU_LOG_LEVEL", "info", "debug", "info", "warning", "error").upper()
KEFU_WORKER_METRICS_PORT = _port("KEFU_WORKER_METRICS_PORT", 0)
KEFU_METRICS_TOKEN = env.str("KEFU_METRICS_TOKEN", default="")
KEFU_ADMIN_PASSWORD = env.str("KEFU_ADMIN_PASSWORD", default="")

# --- Django ------------------------------------------------------------------------------------------------
DEBUG = _one_of("KEFU_DEBUG", "off", "on", "off") == "on"
SECRET_KEY = env.str("KEFU_SECRET_KEY", default="") or secret_key(KEFU_DATA_DIR)
ALLOWED_HOSTS: list[str] = env.list("KEFU_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [KEFU_PUBLIC_ORIGIN] if KEFU_PUBLIC_ORIGIN else []
ROOT_URLCONF = "kefu_project.urls"
ASGI_APPLICATION = "kefu_project.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # Only its runserver is wanted; importing Twisted costs every other command a quarter of a second.
    *(["daphne"] if sys.argv[1:2] == ["runserver"] else []),
    "kefu_project.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "channels",
    "rest_framework",
    "rest_framework_simplejwt",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "axes",
    "auditlog",
    "kefu_project",
    "chat",
    "knowledge",
    "agents",
    "bot",
    "import_export",  # after agents, whose back office says how its spreadsheets are loaded
]

MIDDLEWARE = [
    "kefu_project.turnstile.Turnstile",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kefu_project.audit.AuditTrail",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Storage -----------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": pooled(env.db_url("DATABASE_URL"))
    if env.str("DATABASE_URL", default="")
    else sqlite_database(KEFU_DATA_DIR / "db.sqlite3")
}
if KEFU_SCALED:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": KEFU_REDIS_URL,
            "KEY_PREFIX": KEFU_REDIS_PREFIX,
        }
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # Redis' pub/sub knows no database numbers, so the number goes into the names.
            "CONFIG": {
                "hosts": [KEFU_REDIS_URL],
                "prefix": KEFU_REDIS_PREFIX + urlsplit(KEFU_REDIS_URL).path,
            },
        }
    }
else:
    # Long polls stand in it; Django's own bound of 300 would make clients lose theirs.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

MEDIA_ROOT = KEFU_DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700  # Django's own: readable by all
MEDIA_URL = "/media/"  # nothing is mounted there: uploads leave only by signed URLs
# `serve` makes it before this is read; other commands take no uploads.
FILE_UPLOAD_TEMP_DIR = KEFU_DATA_DIR / TEMPORARY if (KEFU_DATA_DIR / TEMPORARY).is_dir() else None
STATICFILES_DIRS = [BASE_DIR / "static"]
KEFU_STATIC_VERSION = "dev" if DEBUG else static_version(BASE_DIR / "static", django.__version__)
STATIC_URL = f"/static/{KEFU_STATIC_VERSION}/"
STATIC_ROOT = KEFU_DATA_DIR / "static"

# --- E-mail ------------------------------------------------------------------------------------------------
KEFU_EMAIL_URL = env.str("KEFU_EMAIL_URL", default="")
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = (
    email_settings(KEFU_EMAIL_URL)
)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("KEFU_EMAIL_FROM", default="")

# --- Language and time -------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Security ----------------------------------------------------------------------------------------------
_HTTPS = KEFU_PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "kefu_session", "kefu_csrf", "kefu_language"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOWED_ORIGINS: list[str] = []  # each site lists its own; chat answers the check_request_enabled signal
CORS_EXPOSE_HEADERS = ["Retry-After"]
CORS_PREFLIGHT_MAX_AGE = 7200
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "chat.api.errors.lockout_response"
CSRF_FAILURE_VIEW = "chat.api.errors.csrf_failure"
AXES_IPWARE_META_PRECEDENCE_ORDER = [
    "REMOTE_ADDR"
]  # proxies are resolved by the server, from trusted ones only
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# --- API ---------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chat.api.authentication.BearerAuthentication",
        "chat.api.authentication.ConsoleAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["chat.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "chat.api.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    # Rights are read anew with every call; a changed password ends all tokens of the login.
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "CHECK_REVOKE_TOKEN": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "kefu",
    "DESCRIPTION": "Customer service: sites, visitors, conversations, messages and uploads.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AttributeKindEnum": ["text", "number", "date", "choice", "boolean"],
        "BlockKindEnum": ["address", "user", "visitor"],
        "KnowledgeStatusEnum": ["draft", "review", "published", "archived"],
        "ConversationStatusEnum": ["bot", "queued", "active", "closed"],
        "AgentRoleEnum": ["agent", "supervisor", "admin"],
        "PresenceStatusEnum": ["online", "busy", "away", "offline"],
        "SearchKindEnum": ["message", "visitor"],
        "SenderKindEnum": ["visitor", "agent", "bot", "system"],
        "MessageKindEnum": ["text", "image", "file", "card"],
        "EntryKindEnum": ["text", "image", "file", "card", "event", "hidden"],
    },
}

# --- Celery ------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("KEFU_CELERY_BROKER_URL", default="") or KEFU_REDIS_URL or "memory://"
if CELERY_BROKER_URL.startswith("memory:"):
    CELERY_BROKER_TRANSPORT = "kefu_project.memory_broker:Transport"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
# A worker takes both; `celery worker -Q bot` keeps inference on machines of its own.
CELERY_TASK_QUEUES = [  # each with an exchange of its own, or every task would be delivered to both
    Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]
    for name in ("celery", "bot")
]
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {name: {"queue": "bot"} for name in ("bot.answer", "bot.refresh", "bot.train")}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 16
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = KEFU_SCALED
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
# In memory: a schedule file is one more thing a SIGKILL can break, and every periodic task here may run
# twice.
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"

LOGGING = logging_config(KEFU_LOG_LEVEL)
LOGGING_CONFIG = "kefu_project.telemetry.logging.configure"

# Files may be opened in a spreadsheet, which would run =cmd() from a visitor's name.
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True  # the audit log has it, column by column

# Widgets of our own have their templates in templates/, too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
