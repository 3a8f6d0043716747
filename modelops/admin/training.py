"""Admin of training runs: progress, log and errors; queue or cancel a run."""

from __future__ import annotations

from typing import Any

import structlog
from celery import current_app
from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from kombu.exceptions import OperationalError
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from accounts.admin_tools import (
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.models import User
from modelops.models import RunStatus, TrainingRun
from modelops.training import runs
from modelops.training.runs import RunEndedError, TrainingBusyError

log = structlog.get_logger(__name__)

STATUS_COLOURS = {
    RunStatus.RUNNING: "info",
    RunStatus.SUCCEEDED: "success",
    RunStatus.FAILED: "danger",
    RunStatus.CANCELLED: "warning",
}
_MIN_CORPUS_SIZE, _MAX_CORPUS_SIZE = 1_000, 500_000


class TrainingForm(forms.Form):
    """Asks for the reason of a training and the size of the constructed corpus."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))
    corpus_size = forms.IntegerField(
        label="Constructed pairs",
        initial=206_000,
        min_value=_MIN_CORPUS_SIZE,
        max_value=_MAX_CORPUS_SIZE,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="The full corpus has about 206,000 pairs and takes some minutes; fewer are for trials.",
    )


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    """Training runs, newest first."""

    list_display = (
        "created_at",
        "state",
        "stage",
        "progress_text",
        "trigger",
        "labels_used",
        "model",
        "finished_at",
    )
    list_select_related = ("model",)
    list_filter = ("status",)
    fields = (
        "created_at",
        "state",
        "stage",
        "progress_text",
        "trigger",
        "requested_by",
        "parameters",
        "labels_used",
        "model",
        "error",
        "started_at",
        "heartbeat_at",
        "finished_at",
        "log_lines",
    )
    readonly_fields = fields
    actions = None
    actions_list = ("train",)
    actions_detail = ("cancel",)
    has_train_permission = require_permission("modelops.add_trainingrun")
    has_cancel_permission = require_permission("modelops.add_trainingrun")

    @label_column("Status", "status", STATUS_COLOURS)
    def state(self, run: TrainingRun) -> tuple[str, str]:
        """Return status and label."""
        return run.status, run.get_status_display()

    @admin.display(description="Progress", ordering="progress")
    def progress_text(self, run: TrainingRun) -> str:
        """Return percent, with the last message while the run works."""
        working = run.status == RunStatus.RUNNING
        return f"{run.progress} %, {run.step}" if working and run.step else f"{run.progress} %"

    @admin.display(description="Log")
    def log_lines(self, run: TrainingRun) -> str:
        """Return all progress messages."""
        lines = format_html_join("", "<div>{}  {}</div>", run.log)
        return format_html('<div class="break-words font-mono text-xs">{}</div>', lines or "No message yet.")

    @admin_button("Train a model", "train")
    def train(self, request: HttpRequest) -> HttpResponse:
        """Queue a training run."""

        def perform(actor: User, cleaned: Any) -> str:
            parameters = {"corpus_size": cleaned["corpus_size"], "files": []}
            runs.queue_run(cleaned["reason"], actor, parameters)
            transaction.on_commit(wake_training_worker)
            return "A training run is queued. Training makes nothing live."

        text = (
            "Trains a candidate on every adjudicated label and the constructed corpus, measures it on "
            "held-out entities and registers it. Making it live is a decision of two people."
        )
        back = reverse("admin:modelops_trainingrun_changelist")
        step = ConfirmationStep(
            "Train a model", text, "Train", back, perform, TrainingForm, (TrainingBusyError,)
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button("Cancel", "cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel a queued or running run."""
        run = get_object_or_404(TrainingRun, pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            runs.cancel_run(run, actor, cleaned["reason"])
            return "Cancelled. The worker stops at its next step; no label was used up."

        back = reverse("admin:modelops_trainingrun_change", args=[run.pk])
        text = "The run ends without a model. Its labels are used by the next run."
        step = ConfirmationStep(
            "Cancel this run?", text, "Cancel the run", back, perform, ReasonForm, (RunEndedError,)
        )
        return handle_confirmation(self.admin_site, request, step)


def wake_training_worker() -> None:
    """Send the training task by name, because this app cannot import the app that defines it.

    Without a broker nothing is lost: queued runs are sent every minute.
    """
    try:
        current_app.send_task("feedback.tasks.retrain_queued_run", retry=False)
    except OperationalError:
        log.warning("training_not_sent_at_once")
