"""The page of those who operate models: which process serves what, how far it lags, and the drill."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.admin_tools import (
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.models import User
from modelops.deployment.drill import DrillError, run_drill
from modelops.models import ALIVE_TIMEOUT, RollbackDrill, ServingProcess

_SILENT, _BEHIND, _FAILED, _CURRENT = "gone", "behind", "failed", "current"
_STATE_COLOURS = {_SILENT: "warning", _BEHIND: "info", _FAILED: "danger", _CURRENT: "success"}
_STATE_LABELS = {
    _SILENT: "Silent",
    _BEHIND: "Swapping",
    _FAILED: "Could not load",
    _CURRENT: "Current",
}


@admin.register(ServingProcess)
class ServingProcessAdmin(ReadOnlyAdmin):
    """Every process that serves, as it described itself last."""

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
        """Each beside the newest deployment."""
        return super().get_queryset(request).with_live_generation()

    @label_column("State", "generation", _STATE_COLOURS)
    def state(self, process: ServingProcess) -> tuple[str, str]:
        """How it stands to what is live."""
        found = _compute_state(process)
        return found, _STATE_LABELS[found]

    @admin.display(description="Behind by")
    def lag(self, process: ServingProcess) -> str:
        """Deployments it has not taken up yet."""
        behind = max(0, _get_live_generation(process) - process.generation)
        return f"{behind} deployments" if behind else "nothing"

    @admin.display(description="Ready")
    def models_ready(self, process: ServingProcess) -> str:
        """How many versions it could serve at once."""
        return f"{len(process.ready)} versions"

    @admin.display(description="Last swap")
    def last_swap(self, process: ServingProcess) -> str:
        """When, and how long the loading took."""
        at = process.last_swap_at
        return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}, {process.last_swap_ms} ms" if at else "none yet"

    @admin.display(description="Failures")
    def load_failures(self, process: ServingProcess) -> str:
        """What it could not load."""
        return "; ".join(process.failed.values()) or "none"

    @admin_button("Drill a rollback", "drill_rollback")
    def drill_rollback(self, request: HttpRequest) -> HttpResponse:
        """Go back and forth on a slot that answers nobody, and say how long every process took."""

        def perform(actor: User, _: Any) -> str:
            done = run_drill(actor)
            if done.error:
                return f"The drill failed: {done.error}. Look at the processes that lag."
            back, forward = _format_seconds(done.back_ms), _format_seconds(done.forward_ms)
            return (
                f"Rolled back in {back} s and forward again in {forward} s, in {done.processes} processes. "
                "Nobody was answered by the earlier version."
            )

        text = (
            "Every process goes back to the version before the champion and forward again, on a slot of its "
            "own that answers nobody. It takes some seconds and is kept in the audit trail."
        )
        back = reverse("admin:modelops_servingprocess_changelist")
        step = ConfirmationStep(
            "Drill a rollback?", text, "Drill", back, perform, expected_errors=(DrillError,)
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(RollbackDrill)
class RollbackDrillAdmin(ReadOnlyAdmin):
    """Drills that were held."""

    list_display = ("at", "requested_by", "back_ms", "forward_ms", "processes", "error")
    list_select_related = ("requested_by",)
    fields = list_display
    readonly_fields = list_display
    actions = None


def _compute_state(process: ServingProcess) -> str:
    if process.seen_at < timezone.now() - ALIVE_TIMEOUT:
        return _SILENT
    if process.failed:
        return _FAILED
    return _CURRENT if process.generation >= _get_live_generation(process) else _BEHIND


def _get_live_generation(process: ServingProcess) -> int:
    """Number of the newest deployment, as the list read it."""
    return int(getattr(process, "live", process.generation))


def _format_seconds(milliseconds: int | None) -> str:
    return "?" if milliseconds is None else f"{milliseconds / 1000:.1f}"
