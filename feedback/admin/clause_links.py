"""Links from lists and pages of the admin to the text of the guideline."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from feedback.models import Clause


def link_clause(clause: Clause | None) -> str:
    """Return a link to a clause in the text of its version, "-" without one; reads the guideline."""
    if clause is None:
        return "-"
    version = gettext("guideline {version}").format(version=clause.guideline.version)
    return format_html('<a href="{}">{}</a> ({})', clause.get_absolute_url(), clause, version)


def link_version(version: str) -> str:
    """Return a link to the text of a version, "-" without one."""
    if not version:
        return "-"
    return format_html('<a href="{}">{}</a>', reverse("admin:guideline-version", args=[version]), version)
