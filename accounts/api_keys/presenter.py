"""API keys in words: what a scope opens, how a key stands, and lines that call this installation with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.auth.users import API_KEY_SCOPES
from accounts.models import ApiKey

SCOPE_MEANINGS: Mapping[str, tuple[object, object]] = {
    "compare": (
        _("Compare names"),
        _("Sends pairs, batches and files to be compared. Each comparison is stored in your history."),
    ),
    "read": (
        _("Read results"),
        _("Reads your comparisons, jobs, memos, notifications and usage. Changes nothing."),
    ),
    "feedback": (
        _("Report and ask"),
        _("Says whether an answer was right, asks reviewers, and sends them documents."),
    ),
    "webhooks": (
        _("Keep webhooks"),
        _("Creates, changes and removes the webhooks that tell your programs what happened."),
    ),
}
"""A title and a sentence for each scope."""


@dataclass(frozen=True)
class KeyRow:
    """A key as its owner's list shows it. ``kind`` is the kind of notice that its state is."""

    key: ApiKey
    scopes: Sequence[str]
    kind: str
    state: str
    successor: ApiKey | None
    month_requests: int


def list_scopes() -> list[tuple[str, object, object]]:
    """Return each scope with its title and its sentence, in the order in which they are offered."""
    return [(scope, *SCOPE_MEANINGS[scope]) for scope in API_KEY_SCOPES]


def describe_key(key: ApiKey, now: datetime, counts: Mapping[UUID, int]) -> KeyRow:
    """Return the row of a key; ``replacement`` is selected with it, ``counts`` are requests by key."""
    successor = getattr(key, "replacement", None)
    titles = [str(SCOPE_MEANINGS[scope][0]) for scope in API_KEY_SCOPES if scope in key.scopes]
    kind, state = _describe_state(key, successor, now)
    return KeyRow(key, titles, kind, state, successor, counts.get(key.pk, 0))


def _describe_state(key: ApiKey, successor: ApiKey | None, now: datetime) -> tuple[str, str]:
    if key.revoked_at is not None:
        return "error", gettext("Revoked")
    if key.expires_at is not None and key.expires_at <= now:
        return "error", gettext("Expired")
    if successor is not None:
        return "warning", gettext("Replaced; works until it expires")
    return "success", gettext("Works")


def build_curl_lines(base_url: str, token: str) -> str:
    """Return a command that compares a pair; ``base_url`` is this installation's, without an ending slash."""
    return "\n".join(
        [
            f"curl {base_url}/api/v1/compare \\",
            f"  -H 'Authorization: Api-Key {token}' \\",
            "  -H 'Content-Type: application/json' \\",
            """  -d '{"name1": "Larkspur Holdings", "name2": "Larkspur Holdings, Inc.", "profile": "kyc"}'""",
        ]
    )


def build_python_lines(base_url: str, token: str) -> str:
    """Return a program that does the same, with nothing but Python's standard library."""
    return "\n".join(
        [
            "import json",
            "import urllib.request",
            "",
            'pair = {"name1": "Larkspur Holdings", "name2": "Larkspur Holdings, Inc.", "profile": "kyc"}',
            "request = urllib.request.Request(",
            f'    "{base_url}/api/v1/compare",',
            "    data=json.dumps(pair).encode(),",
            f'    headers={{"Authorization": "Api-Key {token}", "Content-Type": "application/json"}},',
            ")",
            "answer = json.load(urllib.request.urlopen(request))",
            'print(answer["verdict"], "-", answer["reason"])',
        ]
    )
