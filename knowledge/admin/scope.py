"""Who may manage what: an administrator's sites bound what they see and touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, URLField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from knowledge import ports
from knowledge.ports import Person
from knowledge.publishing.pending import of_sites

if TYPE_CHECKING:  # takes a type argument only in the stubs
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

NOBODY = Person("", frozenset(), False)


def person(request: HttpRequest) -> Person:
    """Who is asking; nobody for a login that administers no site."""
    cached: Person | None = getattr(request, "_knowledge_person", None)
    if cached is None:
        cached = ports.people().of_login(request) or NOBODY
        request._knowledge_person = cached  # type: ignore[attr-defined]
    return cached


def writer(request: HttpRequest) -> Person:
    """The same, who may write somewhere. Raises `PermissionDenied`."""
    who = person(request)
    if not who.may_write or (who.sites is not None and not who.sites):
        raise PermissionDenied
    return who


def site_names() -> dict[str, str]:
    """Names of the sites by id."""
    return {site.id: site.name for site in ports.sites().all()}


def site_choices(who: Person) -> list[tuple[str, Any]]:
    """The sites somebody may put something at; "" is every site."""
    own = [(site.id, site.name) for site in ports.sites().all() if who.serves(site.id)]
    return [("", _("every site")), *own] if who.sites is None else own


def uuid_or_none(value: str | UUID | None) -> UUID | None:
    """What a choice of a site means."""
    return UUID(str(value)) if value else None


class SiteFilter(admin.SimpleListFilter):
    """By site."""

    title = _("site")
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The person's sites, and every site."""
        own = [(site.id, site.name) for site in ports.sites().all() if person(request).serves(site.id)]
        return [("all", _("every site")), *own]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of the chosen one."""
        value = self.value()
        if value == "all":
            return queryset.filter(site_id=None)
        try:
            return queryset.filter(site_id=UUID(value)) if value else queryset
        except ValueError:
            return queryset.none()


class ScopedAdmin(ModelAdmin):
    """Rows of the person's sites. `site_path`: the look-up from the row to its site's id; None: the rows are
    everybody's, and those who serve every site change them.
    """

    site_path: ClassVar[str | None] = "site_id"
    list_per_page = 50
    show_full_result_count = False

    class Media:
        css = {"all": ("knowledge/admin.css",)}

    @admin.display(description=_("site"), ordering="site_id")
    def site_name(self, row: Any) -> str:
        """The name of the row's site."""
        return str(_("every site")) if row.site_id is None else site_names().get(str(row.site_id), "?")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the person may see."""
        rows = super().get_queryset(request)
        return rows if self.site_path is None else of_sites(rows, person(request), self.site_path)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the pages are listed at all."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Every administrator; a row, when it is within their sites."""
        who = person(request)
        if not who.may_write or (who.sites is not None and not who.sites):
            return False
        return obj is None or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows of a site: its administrators."""
        who = person(request)
        return self.has_view_permission(request) and (who.sites is None or self.site_path is not None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The row's site must be the person's."""
        who = person(request)
        if not self.has_add_permission(request):
            return False
        return obj is None or who.may_change(self._site_of(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change it."""
        return self.has_change_permission(request, obj)

    def _site_of(self, obj: Model) -> Any:
        if self.site_path is None:
            return None
        return type(obj)._default_manager.filter(pk=obj.pk).values_list(self.site_path, flat=True).first()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Sites by name, and nobody else's."""
        if db_field.name == "site_id":
            choices = site_choices(person(request))
            return forms.TypedChoiceField(
                choices=choices, coerce=uuid_or_none, empty_value=None, label=_("site"),
                required=choices[:1] != [("", _("every site"))],
            )  # fmt: skip
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Rows of every site and of the person's own."""
        related = db_field.related_model
        if hasattr(related, "site_id"):
            kwargs.setdefault("queryset", of_sites(related._default_manager.all(), person(request)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class FactAdmin(ScopedAdmin):
    """Something that happened: shown, never made or changed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False
