"""The retention kinds of this app: names, sessions, token ids and sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import ApiKeyAddress, ApiUsage, TokenSession
from accounts.privacy.retention import RetentionKind, build_row_kind, count_due_names, erase_old_names


def _find_ended_sessions(before: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=before)


def _find_expired_tokens(before: datetime) -> QuerySet[TokenSession]:
    return TokenSession.objects.filter(expires_at__lt=before)


def _find_old_attempts(before: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__lt=before)
    return rows


def _find_old_logins(before: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = AccessLog.objects.filter(attempt_time__lt=before)
    return rows


def _find_old_addresses(before: datetime) -> QuerySet[ApiKeyAddress]:
    return ApiKeyAddress.objects.filter(last_used_at__lt=before)


def _find_old_usage(before: datetime) -> QuerySet[ApiUsage]:
    return ApiUsage.objects.filter(day__lt=before.date())


RETENTION_KINDS = (
    RetentionKind(
        "names",
        gettext_lazy("Names and texts about them (blanked; rows and counts stay)"),
        None,
        count_due_names,
        erase_old_names,
    ),
    build_row_kind("sessions", gettext_lazy("Sessions, after they ended"), 1, _find_ended_sessions),
    build_row_kind(
        "tokens", gettext_lazy("Sessions of API clients, after they expired"), 1, _find_expired_tokens
    ),
    build_row_kind("failed_sign_ins", gettext_lazy("Failed attempts to sign in"), 30, _find_old_attempts),
    build_row_kind("sign_ins", gettext_lazy("Sign-ins with their network addresses"), 90, _find_old_logins),
    build_row_kind(
        "key_addresses",
        gettext_lazy("Network addresses of API keys, after their last use"),
        90,
        _find_old_addresses,
    ),
    build_row_kind(
        "api_usage", gettext_lazy("Daily usage of API keys: numbers only"), 1_100, _find_old_usage
    ),
)
