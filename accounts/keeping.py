"""What this app keeps only for a while: sessions, tokens, attempts to sign in, and all names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.retention import Kind, blank_names, names_due, rows_of


def _sessions(moment: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=moment)


def _tokens(moment: datetime) -> QuerySet[OutstandingToken]:
    return OutstandingToken.objects.filter(expires_at__lt=moment)


def _attempts(moment: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__lt=moment)
    return rows


def _sign_ins(moment: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = AccessLog.objects.filter(attempt_time__lt=moment)
    return rows


KINDS = (
    Kind(
        "names", "Names, and words about them (blanked; rows and counts stay)", None, names_due, blank_names
    ),
    rows_of("sessions", "Sessions of people, after they ended", 1, _sessions),
    rows_of("tokens", "Ids of refresh tokens, after they ended", 1, _tokens),
    rows_of("failed_sign_ins", "Failed attempts to sign in", 30, _attempts),
    rows_of("sign_ins", "Network addresses of who signed in", 90, _sign_ins),
)
