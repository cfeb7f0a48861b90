"""Groups of people, named by their id."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chat import sites
from chat.ports import roster


def clean_group(group: UUID | None, site: Any) -> UUID | None:
    """The group, when it is one of the site's (without a site: of any). Raises `ValidationError`."""
    if group is None:
        return None
    at = [str(site.pk)] if site is not None else sorted(sites.all_ids())
    if not any(roster().groups_named([str(group)], each) for each in at):
        raise ValidationError(_("There is no such group at this site."))
    return group
