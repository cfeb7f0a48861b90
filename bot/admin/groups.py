"""Groups of people, chosen by their names."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import sites
from chat.ports import roster
from knowledge.admin.scope import uuid_or_none
from knowledge.ports import Person


def group_field(who: Person) -> forms.TypedChoiceField:
    """A choice of the groups that answer at the person's sites, or of none."""
    choices = [
        ("", gettext_lazy("any group")),
        *((one.id, one.name) for one in roster().groups_at(who.sites)),
    ]
    return forms.TypedChoiceField(
        choices=choices, coerce=uuid_or_none, empty_value=None, required=False, label=gettext_lazy("group")
    )


def keep_chosen(form: forms.BaseForm, group: UUID | None) -> None:
    """Have the form say that the group it holds is none to choose any more, instead of losing it silently."""
    field = cast(forms.ChoiceField, form.fields.get("group_id"))
    if group is not None and field is not None and str(group) not in dict(cast(Any, field.choices)):
        field.choices = [*cast(Any, field.choices), (str(group), _("a group that is no more"))]


def clean_group(group: UUID | None, site: Any) -> UUID | None:
    """The group, when it is one of the site's (without a site: of any). Raises `ValidationError`."""
    if group is None:
        return None
    at = [str(site.pk)] if site is not None else sorted(sites.all_ids())
    if not any(roster().groups_named([str(group)], each) for each in at):
        raise ValidationError(_("There is no such group at this site."))
    return group
