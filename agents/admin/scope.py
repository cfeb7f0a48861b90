"""Who may manage what in the back office: an administrator's sites bound what they see and touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX

from agents.models import Agent, Role
from chat.models import Site

if TYPE_CHECKING:  # takes a type argument only in the stubs
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


def site_ids(request: HttpRequest) -> list[Any] | None:
    """Ids of the sites the login administers; None: all of them (superusers); none for everybody else."""
    user = request.user
    if getattr(user, "is_superuser", False):
        return None
    cached: list[Any] | None = getattr(request, "_kefu_sites", None)
    if cached is None:
        cached = list(
            Site.objects.filter(
                agents__user=user.pk, agents__role=Role.ADMIN, agents__is_enabled=True
            ).values_list("pk", flat=True)
        )
        request._kefu_sites = cached  # type: ignore[attr-defined]
    return cached


class Exchange(ImportExportMixin):
    """CSV and XLSX both ways. A file may name anything, so importing is for superusers; what is exported is
    what the list shows.
    """

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    formats = (CSV, XLSX)

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return site_ids(request) is None

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever sees the list."""
        return bool(self.has_view_permission(request))


class ScopedAdmin(ModelAdmin):
    """Rows of the administrator's sites. `site_path` is the look-up from the row to its site or sites.

    Rows without a site hold everywhere: administrators of some sites read them and change nothing. With
    `site_path` None the rows belong to nobody's site, and the same goes.
    """

    site_path: ClassVar[str | None] = "site"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What the login may see."""
        rows = super().get_queryset(request)
        sites = site_ids(request)
        if sites is None or self.site_path is None:
            return rows
        return rows.filter(
            Q(**{f"{self.site_path}__in": sites}) | Q(**{f"{self.site_path}__isnull": True})
        ).distinct()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the pages are listed at all."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Every administrator of a site; a row, when it is within their sites."""
        sites = site_ids(request)
        if sites is None:
            return True
        return bool(sites) and (obj is None or self.get_queryset(request).filter(pk=obj.pk).exists())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows that belong to a site: its administrators."""
        sites = site_ids(request)
        return sites is None or (bool(sites) and self.site_path is not None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All of the row's sites must be the administrator's."""
        sites = site_ids(request)
        if sites is None:
            return True
        if not sites or self.site_path is None:
            return False
        return obj is None or self._is_within(obj, sites)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change it."""
        return self.has_change_permission(request, obj)

    def _is_within(self, obj: Model, sites: list[Any]) -> bool:
        owners = set(
            type(obj)._default_manager.filter(pk=obj.pk).values_list(f"{self.site_path}__pk", flat=True)
        )
        return bool(owners - {None}) and owners - {None} <= set(sites) and None not in owners

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer nobody else's sites, agents and groups."""
        self._narrow(db_field, request, kwargs)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.related_model is Site and site_ids(request) is not None:
            field.required = True  # "every site" is not theirs to give
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer nobody else's sites, agents and groups."""
        self._narrow(db_field, request, kwargs)
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.related_model is Site and site_ids(request) is not None:
            field.required = True
        return field

    def _narrow(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> None:
        sites = site_ids(request)
        if sites is None:
            return
        from agents.models import Group

        paths = {Site: "pk__in", Agent: "sites__in", Group: "sites__in"}
        path = paths.get(db_field.related_model)
        if path is not None:
            rows = db_field.related_model._default_manager.filter(**{path: sites}).distinct()
            kwargs.setdefault("queryset", rows)
