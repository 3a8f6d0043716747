"""Template filter for values that the admin theme shows read-only."""

from __future__ import annotations

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_STYLE = re.compile(r' style="[^"]*"')


@register.filter
def without_inline_styles(html: SafeString) -> SafeString:
    """Remove the style attributes that the theme writes into JSON; quotation marks of the JSON are escaped.

    The content security policy refuses each of them, and the browser reports each refusal.
    """
    return mark_safe(_STYLE.sub("", html))  # noqa: S308 - HTML of the theme, of which something is taken away
