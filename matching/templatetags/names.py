"""Template tag that renders a name, escaped, with invisible and deceptive characters made visible."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from matching.pages.glyphs import TextSegment

register = template.Library()


@register.simple_tag
def name_text(segments: Sequence[TextSegment]) -> SafeString:
    """Render segments of a name without space between them; invisible characters by their code."""
    return format_html_join("", "{}", ((_render_segment(segment),) for segment in segments))


def _render_segment(segment: TextSegment) -> SafeString:
    if segment.is_invisible:
        return format_html('<span class="code" title="{}">{}</span>', segment.code, segment.points)
    if segment.code:
        return format_html(
            '<span class="odd">{}<span class="code" title="{}">{}</span></span>',
            segment.text,
            segment.code,
            segment.points,
        )
    return format_html("<b>{}</b>" if segment.is_changed else "{}", segment.text)
