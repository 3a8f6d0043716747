"""The overview: the start of each role, as far as the permissions of the user allow.

What needs a decision, what waits, the figures, and what changed.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext

from accounts.auth.current_user import get_current_user
from analytics.overview.cards import build_cards, build_chart
from analytics.overview.changes import list_changes
from analytics.overview.decisions import DECISIONS
from analytics.overview.entries import build_oldest_first
from analytics.overview.waiting import WAITING


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the first page of the admin with what the user may see."""
    user, now = get_current_user(request), timezone.now()
    lists = (
        build_oldest_first(
            gettext("Needs a decision"), DECISIONS, user, now, gettext("Nothing needs your decision.")
        ),
        build_oldest_first(gettext("Waits for you"), WAITING, user, now, gettext("Nothing waits for you.")),
    )
    return {
        **context,
        "title": gettext("Overview"),
        "lists": [entries for entries in lists if entries],
        "cards": build_cards(user, now),
        "chart": build_chart(user, now),
        "changes": list_changes(user, now),
    }
