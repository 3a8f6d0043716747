"""Read-only pages of tables that belong to packages: schedules, failed sign-ins, sign-ins.

A schedule that can be changed here could switch off the sealing of the audit trail, and a failed sign-in that
can be deleted here a lock-out, without a trace. What may be changed is a button that leaves an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.audit import trail
from accounts.models import User

for table in (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
    AccessAttempt,
    AccessFailureLog,
    AccessLog,
):
    admin.site.unregister(table)


@transaction.atomic
def restore_schedule(actor: User, reason: str) -> int:
    """Switch every periodic task of the program on again, without end; return how many were off.

    A task that was removed comes back when beat starts.
    """
    off = PeriodicTask.objects.filter(name__in=settings.CELERY_BEAT_SCHEDULE).exclude(
        enabled=True, one_off=False, expires=None, start_time=None
    )
    for task in off:
        task.enabled, task.one_off, task.expires, task.start_time = True, False, None, None
        task.save()  # one by one: saving tells beat to read the schedule again
    trail.record_event("schedule.restored", PeriodicTask, actor, reason=reason, tasks=len(off))
    return len(off)


@transaction.atomic
def unlock_sign_in(attempt: AccessAttempt, actor: User, reason: str) -> None:
    """Forget the failed sign-ins of one account from one address."""
    user = User.objects.filter(email=attempt.username).first()
    detail = {"address": attempt.ip_address, "failures": attempt.failures_since_start, "reason": reason}
    trail.record_event("sign_in.unlocked", user or User, actor, **detail)
    reset(ip=attempt.ip_address, username=attempt.username)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    """The periodic tasks of the program, as the scheduler has them."""

    list_display = ("name", "task", "enabled", "schedule_column", "last_run_at", "total_run_count")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    fields = (*list_display, "args", "kwargs", "queue", "one_off", "start_time", "expires", "date_changed")
    readonly_fields = fields
    actions = None
    actions_list = ("restore",)
    has_restore_permission = require_permission("django_celery_beat.change_periodictask")

    @admin.display(description=gettext_lazy("Schedule"))
    def schedule_column(self, task: PeriodicTask) -> str:
        """Return the interval or the hours."""
        return str(task.scheduler)

    @admin_button(gettext_lazy("Switch all on again"), "restore")
    def restore(self, request: HttpRequest) -> HttpResponse:
        """Switch every task on after a reason."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            return gettext("{number} were off. Restart beat if one was removed.").format(
                number=restore_schedule(actor, data["reason"])
            )

        back = reverse("admin:django_celery_beat_periodictask_changelist")
        text = gettext(
            "Every periodic task of the program runs again, without end. Intervals are those of the program."
        )
        step = ConfirmationStep(
            gettext("Switch all tasks on again?"), text, gettext("Switch on"), back, perform, ReasonForm
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Failed sign-ins that are counted, by account and address."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "path_info")
    search_fields = ("username__exact", "ip_address__exact")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "user_agent")
    readonly_fields = fields
    actions = None
    actions_detail = ("unlock",)
    has_unlock_permission = require_permission("accounts.change_user")

    @admin_button(gettext_lazy("Unlock"), "unlock")
    def unlock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the account sign in from the address again, after a reason."""
        attempt = get_object_or_404(AccessAttempt, pk=object_id)

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            unlock_sign_in(attempt, actor, data["reason"])
            return gettext("The account can sign in from that address again.")

        back = reverse("admin:axes_accessattempt_changelist")
        text = gettext("{number} failed sign-ins from {address} are forgotten.").format(
            number=attempt.failures_since_start, address=attempt.ip_address
        )
        step = ConfirmationStep(
            gettext("Unlock the account?"), text, gettext("Unlock"), back, perform, ReasonForm
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    """Sign-ins and sign-outs."""

    list_display = ("attempt_time", "logout_time", "username", "ip_address", "path_info")
    search_fields = ("username__exact", "ip_address__exact")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "user_agent")
    readonly_fields = fields
    actions = None
