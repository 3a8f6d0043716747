"""Admin of experiments and exposures."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.admin import ModelAdmin

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.models import User
from experiments import services
from experiments.models import Experiment, ExperimentStatus, Exposure
from experiments.services import ExperimentError

_STATE_FIELDS = ("status", "phase", "start_date", "end_date", "user_count", "split_result")


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):  # type: ignore[misc]  # the package ships no types
    """Experiments. Only drafts can be edited; a started experiment never changes."""

    list_display = ("name", "profile", "model_a", "model_b", "traffic_split", "status", "start_date")
    list_filter = ("status",)
    list_select_related = ("model_a", "model_b")
    search_fields = ("name",)
    fields = ("name", "profile", "model_a", "model_b", "traffic_split", "enrolled_share", *_STATE_FIELDS)
    readonly_fields = _STATE_FIELDS
    actions = None
    actions_detail = ("start", "stop")
    has_stop_permission = require_permission("experiments.run_experiment")
    has_start_permission = require_permission("experiments.run_experiment")
    has_delete_permission = deny_everyone

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Allow changes of drafts only."""
        draft = obj is None or obj.status == ExperimentStatus.DRAFT
        return draft and bool(super().has_change_permission(request, obj))

    @admin.display(description="Users exposed")
    def user_count(self, experiment: Experiment) -> str:
        """Return how many users were exposed in the current phase."""
        return str(experiment.exposures.filter(phase=experiment.phase).count())

    @admin.display(description="Split")
    def split_result(self, experiment: Experiment) -> str:
        """Return whether the split of users is as planned."""
        check = services.check_experiment_split(experiment)
        if not check.has_enough_users:
            return "too few users to check"
        result = "NOT as planned: do not use the results" if check.is_mismatch else "as planned"
        return f"{result} (p = {check.p_value:.3g})"

    @admin_button("Start", "start")
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start to assign users."""
        experiment = get_object_or_404(Experiment, pk=object_id)

        def perform(actor: User, _: Any) -> str:
            services.start_experiment(experiment, actor)
            return f"{experiment} is running."

        text = "From now on every user is assigned to one of the two versions, always the same."
        back, refusals = _build_back_url(experiment), (ExperimentError,)
        step = ConfirmationStep(
            f"Start {experiment}?", text, "Start", back, perform, expected_errors=refusals
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button("Stop", "stop")
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the experiment."""
        experiment = get_object_or_404(Experiment, pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            services.stop_experiment(experiment, actor, cleaned["reason"])
            return f"{experiment} is stopped."

        text = "All users get the champion again. A stopped experiment cannot be restarted."
        back = _build_back_url(experiment)
        step = ConfirmationStep(
            f"Stop {experiment}?", text, "Stop", back, perform, ReasonForm, (ExperimentError,)
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Exposure)
class ExposureAdmin(ReadOnlyAdmin):
    """First exposures of users to an arm."""

    list_display = ("at", "experiment", "arm", "phase", "user")
    list_select_related = ("experiment", "user")
    list_filter = ("arm",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = list_display
    readonly_fields = list_display
    actions = None


def _build_back_url(experiment: Experiment) -> str:
    return reverse("admin:experiments_experiment_change", args=[experiment.pk])
