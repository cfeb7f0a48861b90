"""JSON logs by structlog: one object a line on stderr, never the text of a message, a token or a password.

structlog's and the standard library's loggers end in the same chain, so third-party records are redacted too.
"""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

HIDDEN = "[hidden]"
_SECRET_KEYS = re.compile(
    r"^(text|body|frame|preview|payload|email|phone)$"
    r"|token|password|passwd|authorization|cookie|secret|api_?key|user_hash|signature",
    re.IGNORECASE,
)
_SECRET_VALUES = re.compile(
    r"(?P<lead>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=:-]{6,}"  # an Authorization header quoted in a sentence
    r"|\beyJ[A-Za-z0-9_-]{8,}[.:][A-Za-z0-9_-]+[.:][A-Za-z0-9_-]+"  # a JWT, or a session token
    r"|(?P<name>\b(?:token|password|sig|signature)=)[^&\s\"']+",  # a query string
    re.IGNORECASE,
)
_QUOTING = ("exception", "error")
"""What other people's programs say about data: a database quotes the row that it refuses."""
_DEEPEST = 6
_PLAIN = (bool, int, float, type(None))


def _hide(match: re.Match[str]) -> str:
    return (match["lead"] or match["name"] or "") + HIDDEN


def redacted(value: object, depth: int = 0) -> object:
    """`value` with secrets hidden by key and by look; what is not plain data becomes the name of its type."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, str):
        return _SECRET_VALUES.sub(_hide, value)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {
            str(key): HIDDEN if _SECRET_KEYS.search(str(key)) else redacted(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(item, depth + 1) for item in value]
    if isinstance(value, BaseException):
        return _SECRET_VALUES.sub(_hide, f"{type(value).__name__}: {value}")
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    return (
        f"<{type(value).__name__}>"
        if type(value).__str__ is object.__str__
        else _SECRET_VALUES.sub(_hide, str(value))
    )


def redact(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: redacted() on every value; a key that names a secret keeps only its name."""
    for key, value in event.items():
        if key.startswith("_") or key in ("timestamp", "level", "logger"):
            continue
        event[key] = HIDDEN if _SECRET_KEYS.search(key) else redacted(value)
    for key in _QUOTING:
        if isinstance(said := event.get(key), str):
            event[key] = _without_people(said)
    return event


def _without_people(said: str) -> str:
    """Without the phones, addresses … of a row or a message that an error quotes."""
    from bot.safety.privacy import mask  # its word lists are for processes in which something fails

    return mask(said)


def drop_request(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Django hands the whole request to its log records; only method and path may stay."""
    request = event.pop("request", None)
    if request is not None:
        event["method"] = getattr(request, "method", None)
        event["path"] = getattr(request, "path", None)
    for noise in ("server_time", "taskName", "color_message"):
        event.pop(noise, None)
    return event


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def logging_config(level: str) -> dict[str, Any]:
    """A dictConfig: everything to stderr as JSON at `level`; chatty libraries one level up."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_shared(), structlog.stdlib.ExtraAdder()],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    drop_request,
                    structlog.processors.format_exc_info,
                    redact,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.db.backends": {"level": "WARNING"},
            "uvicorn": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},  # the addresses of customers' endpoints are nobody's news
            "psycopg.pool": {"level": "ERROR"},  # what waits for a connection reports it
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.consumer.connection": {"level": "WARNING"},
            "kombu.connection": {"level": "ERROR"},
            "asyncio": {"level": "WARNING"},
            "PIL": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: the standard library's side from `config`, then structlog's own."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
