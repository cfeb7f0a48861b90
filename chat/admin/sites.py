"""Sites: where they may be embedded, what visitors see, which files they take, how users are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from chat import sites
from chat.admin.base import ModelAdmin
from chat.models import Site, new_secret
from chat.uploads.receiving import HARD_LIMIT

if TYPE_CHECKING:  # takes a type argument only in the stubs
    _Form = forms.ModelForm[Site]
else:
    _Form = forms.ModelForm


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 6, "cols": 60, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """The list as lines."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines as a list, without empty ones and repeats."""
        return list(dict.fromkeys(line.strip() for line in (value or "").splitlines() if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list differs."""
        return bool(list(initial or []) != self.to_python(data))


class SiteForm(_Form):
    """A site, with its lists as lines."""

    allowed_origins = LinesField(
        label=_("allowed origins"),
        required=False,
        help_text=_("One per line, for example https://shop.example.com"),
    )
    upload_types = LinesField(
        label=_("accepted file types"), required=False, help_text=_("One per line, for example image/png")
    )

    class Meta:
        model = Site
        fields = (
            "name", "public_key", "is_active", "allowed_origins", "allow_missing_origin", "greeting",
            "accent_color", "locale", "time_zone", "reopen_hours", "typing_preview", "require_category",
            "upload_max_bytes", "upload_types",
        )  # fmt: skip
        widgets = {
            "accent_color": forms.TextInput(attrs={"type": "color"}),
            "greeting": forms.Textarea(attrs={"rows": 3}),
        }

    def clean_allowed_origins(self) -> list[str]:
        """Origins as browsers send them."""
        found = []
        for line in self.cleaned_data["allowed_origins"]:
            try:
                found.append(sites.normal_origin(line))
            except ValueError:
                raise forms.ValidationError(
                    _("“%(line)s” is not an origin such as https://shop.example.com"), params={"line": line}
                ) from None
        if len(found) > sites.MAX_ORIGINS:
            raise forms.ValidationError(_("At most %(count)d origins."), params={"count": sites.MAX_ORIGINS})
        return found

    def clean_upload_max_bytes(self) -> int:
        """Within what the server takes at all."""
        value = int(self.cleaned_data["upload_max_bytes"])
        if not 0 < value <= HARD_LIMIT:
            raise forms.ValidationError(_("Between 1 and %(limit)d bytes."), params={"limit": HARD_LIMIT})
        return value


@admin.register(Site)
class SiteAdmin(ModelAdmin):
    """Sites: every change counts at once here and within 5 s in other processes."""

    form = SiteForm
    list_display = ("name", "public_key", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name", "public_key")
    readonly_fields = ("secret", "created_at")
    actions = ("rotate_secret",)
    fieldsets = (
        (None, {"fields": ("name", "public_key", "is_active")}),
        (_("Where it may be embedded"), {"fields": ("allowed_origins", "allow_missing_origin")}),
        (
            _("What visitors see"),
            {"fields": ("greeting", "accent_color", "locale", "time_zone", "reopen_hours", "typing_preview")},
        ),
        (_("What agents have to do"), {"fields": ("require_category",)}),
        (_("Files"), {"fields": ("upload_max_bytes", "upload_types")}),
        (_("Signing users"), {"fields": ("secret", "created_at"), "classes": ("collapse",)}),
    )

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """Save, and have it read anew."""
        super().save_model(request, obj, form, change)
        sites.forget()

    def delete_model(self, request: HttpRequest, obj: Site) -> None:
        """Delete (only a site without history can be), and have it forgotten."""
        super().delete_model(request, obj)
        sites.forget()

    @admin.action(description=_("Rotate the signing secret"), permissions=("change",))
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Site]) -> None:
        """Give each its own new secret; hashes made with the old ones are refused from now on."""
        for site in queryset:
            Site.objects.filter(pk=site.pk).update(secret=new_secret())
        sites.forget()
        self.message_user(request, _("The secret was changed."), messages.SUCCESS)
