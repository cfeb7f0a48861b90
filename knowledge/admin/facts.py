"""Entities, relations and their picture; terms, synonyms, golden questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from knowledge.admin.fields import LinesField
from knowledge.admin.scope import ScopedAdmin, SiteFilter, person, writer
from knowledge.graph import Graph, draw, kinds_of
from knowledge.lexicon import loading
from knowledge.models import Entity, GoldenQuestion, Relation, Synonym, Term
from knowledge.publishing import facts

if TYPE_CHECKING:  # these take type arguments only in the stubs
    _EntityForm = forms.ModelForm[Entity]
    _SynonymForm = forms.ModelForm[Synonym]
    _Inline = admin.TabularInline[Relation, Entity]
else:
    _EntityForm = _SynonymForm = forms.ModelForm
    _Inline = admin.TabularInline

MOST_DRAWN: Final = 60


class EntityForm(_EntityForm):
    """An entity with its other names as lines."""

    aliases = LinesField(label=_("other names"), required=False, help_text=_("One a line."))

    class Meta:
        model = Entity
        fields = ("name", "aliases", "kind", "site_id", "description")


class RelationInline(_Inline):
    """What leads away from an entity."""

    model = Relation
    fk_name = "subject"
    extra = 1
    fields = ("predicate", "object", "condition", "answer", "language")
    autocomplete_fields = ("object",)

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Answers on two lines."""
        kwargs["widgets"] = {"answer": forms.Textarea(attrs={"rows": 2, "cols": 40})}
        return super().get_formset(request, obj, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever writes."""
        return person(request).may_write

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the entity."""
        return person(request).may_write

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change the entity."""
        return obj is None or person(request).may_change(obj.site_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change the entity."""
        return self.has_change_permission(request, obj)


@admin.register(Entity)
class EntityAdmin(ScopedAdmin):
    """Entities, each with the picture of its neighbourhood."""

    form = EntityForm
    change_list_template = "admin/knowledge/entity_list.html"
    list_display = ("name", "kind", "site_name", "updated_at")
    list_filter = ("kind", SiteFilter)
    search_fields = ("name", "aliases", "kind")
    readonly_fields = ("picture",)
    inlines = (RelationInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The picture, once there is something to draw."""
        fields = ("name", "aliases", "kind", "site_id", "description")
        return (*fields, "picture") if obj is not None else fields

    @admin.display(description=_("graph"))
    def picture(self, row: Entity) -> str:
        """What is at most two links away. Only pages of somebody who sees the row come here."""
        return _drawn(_graph().around(str(row.pk), most=MOST_DRAWN), str(row.pk))

    def get_urls(self) -> list[Any]:
        """The page of the whole graph."""
        return [
            path("graph/", self.admin_site.admin_view(self.graph_view), name="knowledge_graph"),
            *super().get_urls(),
        ]

    def graph_view(self, request: HttpRequest) -> HttpResponse:
        """The best linked part of the person's graph."""
        who = writer(request)
        whole = _graph()
        seen = {key for key, node in whole.nodes.items() if node.site is None or who.serves(node.site)}
        degree = dict.fromkeys(seen, 0)
        links = [link for link in whole.links.values() if link.subject in seen and link.object in seen]
        for link in links:
            degree[link.subject] += 1
            degree[link.object] += 1
        best = sorted(seen, key=lambda key: (-degree[key], key))[:MOST_DRAWN]
        shown = Graph([whole.nodes[key] for key in best], links)
        context = {
            **self.admin_site.each_context(request), "title": _("Graph"), "opts": self.opts,
            "picture": _drawn(shown, ""), "shown": len(shown.nodes), "all": len(seen),
            "kinds": kinds_of(shown), "media": self.media,
        }  # fmt: skip
        return TemplateResponse(request, "admin/knowledge/graph.html", context)


@admin.register(Relation)
class RelationAdmin(ScopedAdmin):
    """Relations, of all entities."""

    site_path = "subject__site_id"
    list_display = ("subject", "predicate", "object", "condition", "language")
    list_filter = ("predicate", "language")
    list_select_related = ("subject", "object")
    search_fields = ("subject__name", "object__name", "predicate", "condition", "answer")
    autocomplete_fields = ("subject", "object")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """What is said of an entity belongs to its site, so the subject must be the person's own."""
        who = person(request)
        if db_field.name == "subject" and who.sites is not None:
            kwargs["queryset"] = Entity.objects.filter(site_id__in=who.sites)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Term)
class TermAdmin(ScopedAdmin):
    """Business terms."""

    empty_hint = _(
        "No business terms yet. Add words of your trade that must not be taken apart, such as "
        "names of products."
    )
    site_path = None
    list_display = ("phrase", "meaning")
    search_fields = ("phrase", "meaning")


class SynonymForm(_SynonymForm):
    """Expressions as lines."""

    expressions = LinesField(
        label=_("expressions"),
        help_text=_("One a line; … stands for a gap; - in front takes one away from the lexicon's concept."),
    )

    class Meta:
        model = Synonym
        fields = ("concept", "expressions")

    def clean_concept(self) -> str:
        """A concept the lexicon has."""
        name = str(self.cleaned_data["concept"])
        if name and name not in facts.lexicon_of(facts.Facts()):
            raise forms.ValidationError(_("The lexicon has no concept “%(name)s”."), params={"name": name})
        return name


@admin.register(Synonym)
class SynonymAdmin(ScopedAdmin):
    """The operator's additions to the lexicon."""

    empty_hint = _("No synonyms yet. Words of one group find each other’s answers.")
    form = SynonymForm
    site_path = None
    list_display = ("__str__", "concept", "updated_at")
    search_fields = ("concept", "expressions")
    readonly_fields = ("shipped",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With what the lexicon has, once a concept is chosen."""
        return ("concept", "expressions", "shipped") if obj and obj.concept else ("concept", "expressions")

    @admin.display(description=_("in the lexicon"))
    def shipped(self, row: Synonym) -> str:
        """The concept's own expressions, as they are compared."""
        found = loading.read().get(row.concept)
        return " · ".join((*found[1].zh, *found[1].en)) if found is not None else ""


@admin.register(GoldenQuestion)
class GoldenQuestionAdmin(ScopedAdmin):
    """What every release must answer."""

    empty_hint = _(
        "No golden questions yet. They are asked before every release, so that no answer gets worse unseen."
    )
    list_display = ("query", "expected", "to_people", "language", "site_name")
    list_filter = (SiteFilter, "language", "to_people")
    list_select_related = ("expected",)
    search_fields = ("query", "expected__text")
    autocomplete_fields = ("expected",)
    fields = ("query", "expected", "to_people", "site_id", "language")


def _graph() -> Graph:
    now = facts.current()
    return Graph(now.nodes, now.links)


def _drawn(graph: Graph, centre: str) -> str:
    addresses = {key: reverse("admin:knowledge_entity_change", args=[key]) for key in graph.nodes}
    return mark_safe(draw(graph, centre, label=str(_("Graph")), addresses=addresses))
