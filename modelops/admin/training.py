"""Training runs on screen: how far, what was said, what went wrong; ask for one, cancel one."""

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
    """Why a model is trained, and on how much construction."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}))
    corpus_size = forms.IntegerField(
        label="Constructed pairs",
        initial=206_000,
        min_value=_MIN_CORPUS_SIZE,
        max_value=_MAX_CORPUS_SIZE,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="About 206,000 are the full corpus, which takes some minutes; fewer are for trying.",
    )


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    """Attempts to train."""

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
        """Where the run stands, with its colour."""
        return run.status, run.get_status_display()

    @admin.display(description="Progress", ordering="progress")
    def progress_text(self, run: TrainingRun) -> str:
        """Percent, and the last thing it said while it works."""
        working = run.status == RunStatus.RUNNING
        return f"{run.progress} %, {run.step}" if working and run.step else f"{run.progress} %"

    @admin.display(description="Log")
    def log_lines(self, run: TrainingRun) -> str:
        """Everything it said."""
        lines = format_html_join("", "<div>{}  {}</div>", run.log)
        return format_html('<div class="break-words font-mono text-xs">{}</div>', lines or "Nothing yet.")

    @admin_button("Train a model", "train")
    def train(self, request: HttpRequest) -> HttpResponse:
        """Put a run into the queue of the training worker."""

        def perform(actor: User, given: Any) -> str:
            asked = {"corpus_size": given["corpus_size"], "files": []}
            runs.queue_run(given["reason"], actor, asked)
            transaction.on_commit(wake_training_worker)
            return "A training run waits for its worker. Nothing is made live by training."

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
        """End a run that waits or works."""
        run = get_object_or_404(TrainingRun, pk=object_id)

        def perform(actor: User, given: Any) -> str:
            runs.cancel_run(run, actor, given["reason"])
            return "Cancelled. The worker stops at its next step; no label was used up."

        back = reverse("admin:modelops_trainingrun_change", args=[run.pk])
        text = "The run ends without a model. Its labels wait for the next run."
        step = ConfirmationStep(
            "Cancel this run?", text, "Cancel the run", back, perform, ReasonForm, (RunEndedError,)
        )
        return handle_confirmation(self.admin_site, request, step)


def wake_training_worker() -> None:
    """Wake the training worker; asked by name, because this app does not know that one.

    Without a broker nothing is lost: waiting runs are sent every minute.
    """
    try:
        current_app.send_task("feedback.tasks.retrain_queued_run", retry=False)
    except OperationalError:
        log.warning("training_not_sent_at_once")
