"""Numbers, moments and lists as the pages of models show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from accounts.language.sentences import Text
from accounts.numbers import format_number
from modelops.language import show_sentence
from modelops.models import ModelVersion

_LINK_HTML = '<a class="text-primary-600 underline dark:text-primary-400" href="{}">{}</a>'
_FOLDED_HTML = '<details><summary class="cursor-pointer font-semibold">{}</summary>{}</details>'


def format_duration(span: timedelta) -> str:
    """Return a duration in its two largest units: "42 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return gettext("{minutes} min {seconds} s").format(minutes=minutes, seconds=seconds)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return gettext("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def format_metric(value: Any) -> str:
    """Return a metric with four significant digits; counts and texts stay as they are."""
    if isinstance(value, float):
        return (
            format_number(value, ",.0f")
            if value.is_integer() and abs(value) > 1
            else format_number(value, ".4g")
        )
    return format_number(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def format_rows(rows: Mapping[str, Any]) -> SafeString:
    """Return names with their values, one a line; "-" without any."""
    lines = ((name, format_metric(value)) for name, value in sorted(rows.items()))
    return format_html_join("", '<div class="break-words">{}: {}</div>', lines) or SafeString("-")


def sentence_column(field: str, title: Text) -> Callable[[Any, Any], str]:
    """Return a column of a sentence that the program or a person wrote, in the language of the page."""

    @admin.display(description=title, ordering=field)
    def show(_admin: Any, row: Any) -> str:
        return show_sentence(getattr(row, field)) or "-"

    return show


def fold(summary: str, content: str) -> SafeString:
    """Return content that is hidden until a person opens it."""
    return format_html(_FOLDED_HTML, summary, content)


def link_to_version(version: ModelVersion | None) -> str:
    """Return a link to the page of a version, "-" without one."""
    if version is None:
        return "-"
    address = reverse("admin:modelops_modelversion_change", args=[version.pk])
    return format_html(_LINK_HTML, address, str(version))


def link(address: str, text: str) -> SafeString:
    """Return a link as the theme shows it."""
    return format_html(_LINK_HTML, address, text)


def render_examination(
    version: ModelVersion, gates: list[dict[str, Any]], comparison: Mapping[str, Any]
) -> SafeString:
    """Return gates, measures beside the champion, slices, and folded the version's own metrics."""
    context = {
        "candidate": version,
        "gates": [{**gate, "summary": show_sentence(gate["summary"])} for gate in gates],
        "comparison": comparison,
        "own_metrics": format_rows(version.metrics),
    }
    return render_to_string("admin/modelops/examination.html", context)
