"""What stands in the e-mail: plain text in the site's language, the answer goes to the visitor."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext as _

from agents.models import Notice
from chat.models import Conversation, Message

_SHOWN: Final = 20
"""Messages of the visitor in one e-mail, the last ones."""

_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def compose(notice: Notice, to: list[str]) -> EmailMessage:
    """The e-mail about a left message. Raises `Conversation.DoesNotExist` when it was erased meanwhile."""
    row = Conversation.objects.select_related("visitor", "site").get(pk=notice.conversation)
    contact = _contact(notice)
    name = one_line(contact.get("name") or row.visitor.name, 100)
    with translation.override("zh-hans" if row.site.locale.lower().startswith("zh") else "en"):
        who = name or _("a visitor")
        subject = _("[%(site)s] Message left by %(name)s") % {
            "site": one_line(row.site.name, 60),
            "name": who,
        }
        lines = [
            _("%(name)s left a message at %(site)s while nobody was there:")
            % {"name": who, "site": one_line(row.site.name, 60)},
            "",
            *_quoted(notice),
            "",
            *_details(contact, row),
            "",
            _("Answer in the conversation: %(link)s") % {"link": console_link(str(row.pk))},
        ]
        if contact.get("email"):
            lines.append(_("Or reply to this e-mail: it goes to the visitor."))
    return EmailMessage(
        subject=one_line(subject, 200),
        body="\n".join(lines) + "\n",
        to=to,
        reply_to=_reply_to(name, contact.get("email", "")),
        headers={
            # The same for every try, so that a mail server that took it before can tell.
            "Message-ID": f"<{notice.pk}@{_domain()}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def one_line(text: str, limit: int) -> str:
    """Fit for a header: no line break, no control character, at most `limit` characters."""
    return _BREAKS.sub(" ", text).strip()[:limit]


def console_link(conversation: str) -> str:
    """Where an agent answers it."""
    base = settings.KEFU_PUBLIC_URL or f"http://{settings.KEFU_HOST}:{settings.KEFU_PORT}"
    return f"{base}/console/c/{conversation}/"


def _contact(notice: Notice) -> dict[str, str]:
    acts = Message.objects.filter(
        conversation_id=notice.conversation, kind="event", event__name="left_message"
    )
    event: dict[str, Any] | None = acts.order_by("-seq").values_list("event", flat=True).first()
    found = ((event or {}).get("data") or {}).get("contact") or {}
    return {key: str(value) for key, value in found.items() if isinstance(value, str)}


def _quoted(notice: Notice) -> list[str]:
    """What the visitor wrote since somebody last answered, as quoted lines."""
    said = Message.objects.filter(conversation_id=notice.conversation, is_hidden=False)
    answered = said.filter(sender_kind="agent", kind__in=("text", "image", "file", "card")).order_by("-seq")
    since = answered.values_list("seq", flat=True).first() or 0
    words = said.filter(sender_kind="visitor", seq__gt=since, seq__lte=notice.visitor_seq)
    texts = list(words.order_by("-seq").values_list("text", "kind")[:_SHOWN])
    quoted: list[str] = []
    for text, kind in reversed(texts):
        lines = (text or f"[{kind}]").splitlines()
        quoted += [*(f"> {_BREAKS.sub(' ', line)}" for line in lines), ">"]
    return quoted[:-1] or ["> …"]


def _details(contact: dict[str, str], row: Conversation) -> list[str]:
    found = [
        (_("Name"), contact.get("name") or row.visitor.name),
        (_("E-mail"), contact.get("email", "")),
        (_("Phone"), contact.get("phone", "")),
        (_("Page"), str(row.visitor.page.get("url", ""))),
    ]
    return [f"{label}: {one_line(value, 2000)}" for label, value in found if value]


def _reply_to(name: str, email: str) -> list[str]:
    """The visitor's address, when it is one; the name only where a header can carry it."""
    try:
        validate_email(email)
        address = str(Address(display_name=name, addr_spec=email))
    except (ValidationError, ValueError):
        return []
    return [address]


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
