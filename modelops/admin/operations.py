"""Admin of serving processes, rollback drills and periodic jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.language.sentences import Text
from accounts.models import User
from accounts.numbers import format_number
from modelops.deployment.drill import DrillError, run_drill
from modelops.models import ALIVE_TIMEOUT, JobRun, RollbackDrill, ServingProcess

_SILENT, _BEHIND, _FAILED, _CURRENT = "gone", "behind", "failed", "current"
_STATE_COLOURS = {_SILENT: "warning", _BEHIND: "info", _FAILED: "danger", _CURRENT: "success"}
_STATE_LABELS = {
    _SILENT: gettext_lazy("No heartbeat"),
    _BEHIND: gettext_lazy("Swapping"),
    _FAILED: gettext_lazy("Load failed"),
    _CURRENT: gettext_lazy("Current"),
}


@admin.register(ServingProcess)
class ServingProcessAdmin(ReadOnlyAdmin):
    """Serving processes as they last reported themselves."""

    list_display = (
        "__str__",
        "state",
        "generation",
        "lag",
        "models_ready",
        "swaps",
        "last_swap",
        "load_failures",
        "seen_at",
        "started_at",
    )
    list_filter = ("kind",)
    fields = ("kind", "host", "pid", "state", "generation", "lag", "ready", "failed", "last_swap", "seen_at")
    readonly_fields = fields
    actions = None
    actions_list = ("drill_rollback",)
    has_drill_rollback_permission = require_permission("modelops.drill_rollback")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Annotate the newest live generation."""
        return super().get_queryset(request).with_live_generation()

    @label_column(gettext_lazy("State"), "generation", _STATE_COLOURS)
    def state(self, process: ServingProcess) -> tuple[str, Text]:
        """Return state and label of the process."""
        state = _compute_state(process)
        return state, _STATE_LABELS[state]

    @admin.display(description=gettext_lazy("Behind by"))
    def lag(self, process: ServingProcess) -> str:
        """Return how many deployments the process has not loaded yet."""
        behind = max(0, _get_live_generation(process) - process.generation)
        return gettext("{behind} deployments").format(behind=behind) if behind else "nothing"

    @admin.display(description=gettext_lazy("Ready"))
    def models_ready(self, process: ServingProcess) -> str:
        """Return how many versions the process has loaded."""
        return gettext("{number} versions").format(number=len(process.ready))

    @admin.display(description=gettext_lazy("Last swap"))
    def last_swap(self, process: ServingProcess) -> str:
        """Return when the last swap was, and how long it took."""
        at = process.last_swap_at
        return (
            f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}, {process.last_swap_ms} ms"
            if at
            else gettext("none yet")
        )

    @admin.display(description=gettext_lazy("Failures"))
    def load_failures(self, process: ServingProcess) -> str:
        """Return the errors of artefacts it could not load."""
        return "; ".join(process.failed.values()) or "none"

    @admin_button(gettext_lazy("Run a rollback drill"), "drill_rollback")
    def drill_rollback(self, request: HttpRequest) -> HttpResponse:
        """Run a rollback drill and show how long the processes took."""

        def perform(actor: User, _: Any) -> str:
            drill = run_drill(actor)
            if drill.error:
                return gettext("The drill failed: {error}. Check the processes that lag.").format(
                    error=drill.error
                )
            back, forward = _format_seconds(drill.back_ms), _format_seconds(drill.forward_ms)
            return gettext(
                "Rolled back in {back} s and forward again in {forward} s, in {processes} "
                "processes. No request was answered by the earlier version."
            ).format(back=back, forward=forward, processes=drill.processes)

        text = gettext(
            "Every process rolls back to the version before the champion and forward again, on a separate "
            "slot that answers no request. It takes some seconds and is recorded in the audit trail."
        )
        back = reverse("admin:modelops_servingprocess_changelist")
        step = ConfirmationStep(
            gettext("Run a rollback drill?"),
            text,
            gettext("Run"),
            back,
            perform,
            expected_errors=(DrillError,),
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(RollbackDrill)
class RollbackDrillAdmin(ReadOnlyAdmin):
    """Results of rollback drills."""

    list_display = ("at", "requested_by", "back_ms", "forward_ms", "processes", "error")
    list_select_related = ("requested_by",)
    fields = list_display
    readonly_fields = list_display
    actions = None


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """Runs of periodic jobs."""

    list_display = ("name", "window", "status", "started_at", "finished_at", "error")
    list_filter = ("status",)
    search_fields = ("name__startswith",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "result")
    readonly_fields = fields
    actions = None


def _compute_state(process: ServingProcess) -> str:
    if process.seen_at < timezone.now() - ALIVE_TIMEOUT:
        return _SILENT
    if process.failed:
        return _FAILED
    return _CURRENT if process.generation >= _get_live_generation(process) else _BEHIND


def _get_live_generation(process: ServingProcess) -> int:
    """Return the newest live generation, as annotated by the list."""
    return int(getattr(process, "live", process.generation))


def _format_seconds(milliseconds: int | None) -> str:
    return "?" if milliseconds is None else format_number(milliseconds / 1000, ".1f")
