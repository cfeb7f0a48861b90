"""The demo shop's own system: an endpoint as a customer would write one, for the bot to look things up at.

Answers signed calls only and keeps nothing: an order's story follows from its number, so that trying things
out needs no data. Orders are numbers of eleven digits that begin with a year from 2024 on.
"""

from __future__ import annotations

import hmac
import re
import time
from typing import Any, Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

MAX_AGE_S: Final = 300
"""A signature older than this is somebody's recording."""
_ORDER: Final = re.compile(r"20(?:2[4-9])\d{7}")

#: (status, zh, en) by the last digit of an order's number.
_STORIES: Final = (
    ("paid", "已付款，今天会从昆明仓发出。", "paid and leaving our Kunming warehouse today."),
    (
        "shipped",
        "已由顺丰发出，运单 SF{tail}，预计后天送达。",
        "shipped with SF{tail}, due the day after tomorrow.",
    ),
    (
        "arriving",
        "正在派送，快递员今天下午联系您。",
        "out for delivery; the courier will call this afternoon.",
    ),
    ("delivered", "已签收，签收人：前台。", "delivered and signed for at the front desk."),
    (
        "delayed",
        "在武汉中转，因天气延误一天，给您添麻烦了。",
        "held up in Wuhan by the weather for a day; we are sorry.",
    ),
)


class _Asked(msgspec.Struct):
    intent: str = ""
    slots: dict[str, str] = {}
    language: str = "zh"


@csrf_exempt
@require_POST
def shop(request: HttpRequest, action: str) -> HttpResponse:
    """One action of the shop. 401 for a call that is not signed with the endpoint's secret."""
    from bot.models import Endpoint

    endpoint = Endpoint.objects.filter(name=action).first()
    if endpoint is None or action not in _ACTIONS:
        raise Http404
    if not is_signed(request, endpoint.secret):
        return JsonResponse({"code": "unauthorized", "message": "the call is not signed"}, status=401)
    try:
        asked = msgspec.json.decode(request.body, type=_Asked)
    except msgspec.DecodeError:
        return JsonResponse({"code": "invalid", "message": "not a question"}, status=400)
    return JsonResponse(_ACTIONS[action](asked.slots))


def is_signed(request: HttpRequest, secret: str) -> bool:
    """Whether whoever holds the secret has signed these bytes within the last five minutes."""
    from bot.actions.calling import signature

    timestamp = request.headers.get("X-Kefu-Timestamp", "")
    given = request.headers.get("X-Kefu-Signature", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp[:12])) > MAX_AGE_S:
        return False
    return hmac.compare_digest(signature(secret, timestamp, request.body), given)


def _status(slots: dict[str, str]) -> dict[str, Any]:
    order = slots.get("order_id", "")
    if not order and slots.get("phone"):
        order = "2026" + slots["phone"][-7:]
    if not _ORDER.fullmatch(order):
        return _missing(order)
    status, zh, en = _STORIES[int(order[-1]) % len(_STORIES)]
    fields = {"tail": order[-9:] + "0001"}
    return {
        "found": True,
        "data": {"order_id": order, "status": status},
        "reply": {
            "zh": f"订单 {order}：{zh.format(**fields)}",
            "en": f"Order {order} is {en.format(**fields)}",
        },
    }


def _registered(zh: str, en: str) -> Any:
    def answer(slots: dict[str, str]) -> dict[str, Any]:
        order = slots.get("order_id", "")
        if not _ORDER.fullmatch(order):
            return _missing(order)
        number = f"A{order[-6:]}"
        fields = {**slots, "number": number}
        return {
            "found": True,
            "data": {"order_id": order, "number": number},
            "reply": {"zh": _filled(zh, fields), "en": _filled(en, fields)},
        }

    return answer


def _missing(order: str) -> dict[str, Any]:
    return {
        "found": False,
        "slot": "order_id",
        "reply": {
            "zh": f"没有查到订单 {order}，请核对订单号（11 位数字）后再发给我。",
            "en": f"I cannot find order {order}. Please check the number (11 digits) and send it again.",
        },
    }


def _filled(text: str, fields: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: fields.get(found[1], ""), text)


_ACTIONS: Final = {
    "order_status": _status,
    "refund_apply": _registered(
        "退款申请 {number} 已提交：订单 {order_id}，原因“{reason}”。审核后 1–3 个工作日原路退回。",
        "Refund {number} for order {order_id} ({reason}) is in; the money returns within 3 working days.",
    ),
    "change_address": _registered(
        "订单 {order_id} 的收货地址已改为：{address}。", "Order {order_id} will now go to {address}."
    ),
    "invoice": _registered(
        "订单 {order_id} 的电子发票（抬头：{title}）10 分钟内发到 {email}。",
        "The invoice for order {order_id}, made out to {title}, will reach {email} within ten minutes.",
    ),
}
