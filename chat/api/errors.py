"""The one error shape, `{"code", "message", "details"}`, for everything that can go wrong under /api/.

DRF's exceptions, Django's own pages (400, 403, 404, 500, CSRF) and django-axes' lockout all end here.
"""

from __future__ import annotations

import errno
import math
import sys
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views import defaults
from django.views.csrf import csrf_failure as django_csrf_failure
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from chat import metrics
from chat.errors import KefuError
from chat.journal.base import JournalUnavailable

_LOG = structlog.get_logger(__name__)

_BY_STATUS: Final[dict[int, str]] = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    503: "busy",
}


def body_of(error: KefuError) -> dict[str, Any]:
    """The error as clients get it."""
    return {"code": error.code, "message": error.message, "details": error.details}


def headers_of(error: KefuError) -> dict[str, str]:
    """`Retry-After` in whole seconds, at least 1, where waiting helps."""
    if error.retry_after_s is not None:
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}
    return {"Retry-After": "1"} if error.retryable and error.status in (429, 503) else {}


def as_kefu_error(error: Exception) -> KefuError | None:
    """The refusal that an exception stands for; None when it is a fault of ours."""
    match error:
        case KefuError():
            return error
        case JournalUnavailable():
            return KefuError("journal_unavailable", "the journal is out of reach; try again", retry_after_s=1)
        case Http404():
            return KefuError("not_found", "no such thing here")
        case PermissionDenied():
            return KefuError("forbidden", "not allowed")
        case RequestDataTooBig():
            return KefuError("too_large", "the request is too large")
        case SuspiciousOperation():
            return KefuError("invalid", "the request is malformed")
        case exceptions.ValidationError():
            return KefuError("invalid", "the request is not valid", details={"fields": _fields(error.detail)})
        case exceptions.Throttled():
            return KefuError("rate_limited", "too many requests", retry_after_s=1)
        case exceptions.APIException():
            code = _BY_STATUS.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
            if code == "unauthorized" and _token_code(error) == "token_not_valid":
                return KefuError("unauthorized", "the token is not valid")
            return KefuError(code, _text(error.detail))
        case IntegrityError():
            return None
        case OperationalError() | InterfaceError():
            return KefuError(
                "database_unavailable", "the database is out of reach; try again", retry_after_s=2
            )
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return KefuError("busy", "the disk is full; try again later", retry_after_s=30)
        case _:
            return None


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's hook: every exception of a view becomes the one shape; a fault of ours is logged and says
    nothing.
    """
    refusal = as_kefu_error(error)
    headers = {}
    if refusal is None:
        view = context.get("view")
        _LOG.exception("api.fault", view=type(view).__name__, exc_info=error)
        refusal = KefuError("internal", "something went wrong on our side")
    elif isinstance(error, DatabaseError):
        _LOG.warning("api.database_unavailable", error=type(error).__name__)
    metrics.ERRORS.labels(code=refusal.code).inc()
    set_rollback()
    headers.update(headers_of(refusal))
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return Response(body_of(refusal), status=refusal.status, headers=headers)


def error_response(error: KefuError) -> JsonResponse:
    """The one shape as a plain Django answer."""
    metrics.ERRORS.labels(code=error.code).inc()
    return JsonResponse(body_of(error), status=error.status, headers=headers_of(error))


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: everything under /api/ and the signed files."""
    return request.path_info.startswith(("/api/", "/files/"))


def handler400(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Malformed requests that Django itself refuses (a foreign Host, too many fields)."""
    if wants_json(request):
        return error_response(as_kefu_error(exception) or KefuError("invalid", "the request is malformed"))
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Refusals outside DRF."""
    if wants_json(request):
        return error_response(KefuError("forbidden", "not allowed"))
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Paths that nobody serves."""
    if wants_json(request):
        return error_response(KefuError("not_found", "no such thing here"))
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponseBase:
    """What went wrong outside DRF, in middleware or on a page: 503 where trying again helps (the database is
    away), a fault of ours otherwise. Django has logged it already.
    """
    error = sys.exc_info()[1]
    refusal = as_kefu_error(error) if isinstance(error, Exception) else None
    if refusal is None or refusal.status != 503:
        if wants_json(request):
            return error_response(KefuError("internal", "something went wrong on our side"))
        return defaults.server_error(request)
    if wants_json(request):
        return error_response(refusal)
    metrics.ERRORS.labels(code=refusal.code).inc()
    page = render(request, "busy.html", status=refusal.status)
    for name, value in headers_of(refusal).items():
        page[name] = value
    return page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Django's CSRF_FAILURE_VIEW."""
    if wants_json(request):
        return error_response(KefuError("forbidden", "the CSRF token is missing or wrong"))
    return django_csrf_failure(request, reason=reason)


def lockout_response(
    request: HttpRequest, response: HttpResponseBase | None, credentials: dict[str, Any] | None
) -> HttpResponseBase:
    """django-axes' AXES_LOCKOUT_CALLABLE: too many failed logins of this name from this address."""
    return locked_response(request, float(settings.AXES_COOLOFF_TIME) * 3600)


def locked_response(request: HttpRequest, wait_s: float) -> HttpResponseBase:
    """The answer to whoever has tried to sign in too often: one shape for programs, a page for people."""
    error = KefuError("rate_limited", "too many failed logins", retry_after_s=wait_s)
    if wants_json(request):
        return error_response(error)
    metrics.ERRORS.labels(code=error.code).inc()
    page = render(request, "locked.html", {"minutes": math.ceil(wait_s / 60)}, status=error.status)
    for name, value in headers_of(error).items():
        page[name] = value
    return page


def _token_code(error: exceptions.APIException) -> str | None:
    detail = error.detail
    return str(detail["code"]) if isinstance(detail, dict) and "code" in detail else None


def _fields(detail: Any) -> Any:
    """Field → what is wrong with it, as plain JSON."""
    if isinstance(detail, dict):
        return {str(key): _fields(value) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_fields(value) for value in detail]
    return str(detail)


def _text(detail: Any) -> str:
    if isinstance(detail, dict):
        return str(detail.get("detail", "the request was refused"))
    if isinstance(detail, list):
        return "; ".join(str(part) for part in detail)
    return str(detail)
