"""CSV and XLSX both ways: risk words and examples. Importing the same file twice changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX

from bot.changes import taught
from bot.engine import language_of
from bot.models import Example, Intent, SensitiveCategory, SensitiveWord
from chat.models import Site
from knowledge.admin.scope import person


class Exchange(ImportExportMixin):  # type: ignore[misc]
    """A file may name anything, so importing is for those who serve every site; what is exported is what the
    list shows.
    """

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    formats = (CSV, XLSX)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whoever serves every site."""
        who = person(request)
        return who.may_write and who.sites is None

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever sees the list."""
        return bool(self.has_view_permission(request))


class _Resource(resources.ModelResource):  # type: ignore[misc]
    """Rows that the bot is made of: one number moves for the whole file."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Told, unless it was a trial."""
        if not kwargs.get("dry_run"):
            taught()


class SensitiveWordResource(_Resource):
    """Risk words by word and site; sites by public key."""

    site = fields.Field("site", "site", widgets.ForeignKeyWidget(Site, field="public_key"))

    class Meta:
        model = SensitiveWord
        fields = ("word", "category", "to_people", "site")
        import_id_fields = ("word", "site")
        skip_unchanged = True
        clean_model_instances = True

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Raises `ValidationError` for a category there is none of."""
        row["category"] = str(row.get("category") or SensitiveCategory.OTHER)
        if row["category"] not in SensitiveCategory.values:
            names = ", ".join(SensitiveCategory.values)
            raise ValidationError(_("A category is one of %(names)s.") % {"names": names})


class ExampleResource(_Resource):
    """Examples by intent and text; `site` is the intent's, by public key, empty for every site."""

    intent = fields.Field("intent__name", "intent", readonly=True)
    site = fields.Field("intent__site__public_key", "site", readonly=True)
    text = fields.Field("text", "text")

    class Meta:
        model = Example
        fields = ("intent", "site", "text")
        import_id_fields = ("text",)
        skip_unchanged = True

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """Raises `ValidationError` for an intent nobody knows."""
        name, site = str(row.get("intent") or "").strip(), str(row.get("site") or "").strip()
        found = Intent.objects.filter(name=name)
        found = found.filter(site__public_key=site) if site else found.filter(site=None)
        intent = found.first()
        if intent is None:
            raise ValidationError(_("There is no intent %(name)s at this site.") % {"name": name})
        text = " ".join(str(row.get("text") or "").split())
        if not 0 < len(text) <= 500:
            raise ValidationError(_("An example has 1 to 500 characters."))
        row["text"], row["_intent"] = text, intent

    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        """The same sentence of the same intent."""
        return Example.objects.filter(intent=row["_intent"], text=row["text"]).first()

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Its intent and language."""
        instance.intent = row["_intent"]
        instance.language = language_of(instance.text, "zh")
