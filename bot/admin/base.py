"""What every page of the bot has in common: rows of the person's sites, and every process told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bot.admin.groups import group_field
from bot.changes import taught
from chat.models import Site
from knowledge.admin.scope import ScopedAdmin, person

__all__ = ("SecretField", "TaughtAdmin", "masked")


class TaughtAdmin(ScopedAdmin):
    """Rows that the bot is made of. A change is one transaction with the number that tells of it."""

    change_list_template = "admin/bot/list.html"

    class Media:
        css = {"all": ("bot/admin.css",)}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Saved, and told."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            taught()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Deleted, and told."""
        with transaction.atomic():
            super().delete_model(request, obj)
            taught()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Deleted, and told."""
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            taught()

    def site_name(self, row: Any) -> str:
        """See `ScopedAdmin.site_name`."""
        return super().site_name(row)

    site_name.short_description = _("site")  # type: ignore[attr-defined]
    site_name.admin_order_field = "site"  # type: ignore[attr-defined]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Groups by name, those of the person's sites."""
        if db_field.name == "group_id":
            return group_field(person(request))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nobody else's sites, and every site only for those who serve every one."""
        who = person(request)
        if db_field.related_model is Site and who.sites is not None:
            kwargs["queryset"] = Site.objects.filter(pk__in=who.sites)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.related_model is Site and who.sites is not None:
            field.required = True
        return field


class SecretField(forms.CharField):
    """A secret that is written and never shown; left empty, it stays as it is. The form puts it back by
    `kept`.
    """

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "size": 60})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=True, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Only something written is a change."""
        return bool(data)


def masked(secret: str) -> str:
    """The end of a secret, which tells two of them apart."""
    return f"•••• {secret[-4:]}" if len(secret) >= 12 else "••••" if secret else "–"
