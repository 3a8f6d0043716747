"""Admin of training runs: progress, log and errors; queue or cancel a run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import structlog
from celery import current_app
from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy
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
from accounts.dates import format_moment
from accounts.language.sentences import lower
from accounts.models import User
from accounts.numbers import fill, format_number
from modelops.admin.formatting import format_duration, link_to_version, sentence_column
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
_STOPPED = (RunStatus.FAILED, RunStatus.CANCELLED)
_LONG_FRACTION = re.compile(r"\d+\.\d{5,}(?:e-?\d+)?")
_MIN_CORPUS_SIZE, _MAX_CORPUS_SIZE = 1_000, 500_000


class TrainingForm(forms.Form):
    """Asks for the reason of a training and the size of the constructed corpus."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    corpus_size = forms.IntegerField(
        label=gettext_lazy("Constructed pairs"),
        initial=206_000,
        min_value=_MIN_CORPUS_SIZE,
        max_value=_MAX_CORPUS_SIZE,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy(
            "The full corpus has about 206,000 pairs and takes some minutes; fewer are for trials."
        ),
    )


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    """Training runs, newest first."""

    list_display = ("request_time", "state", "progress_text", "duration", "reason", "labels_used", "version")
    list_select_related = ("model",)
    list_filter = ("status",)
    fields = (
        "state",
        "progress_text",
        "version",
        "mlflow_run",
        "reason",
        "requested_by",
        "request_time",
        "start_time",
        "finish_time",
        "duration",
        "labels_used",
        "options",
        "failure",
        "log_lines",
    )
    readonly_fields = fields
    actions = None
    reason = sentence_column("trigger", gettext_lazy("trigger"))
    failure = sentence_column("error", gettext_lazy("error"))
    actions_list = ("train",)
    actions_detail = ("cancel",)
    has_train_permission = require_permission("modelops.add_trainingrun")
    has_cancel_permission = require_permission("modelops.add_trainingrun")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return no button for a run that has ended."""
        is_unfinished = TrainingRun.objects.unfinished().filter(pk=object_id).exists()
        return super().get_actions_detail(request, object_id) if is_unfinished else []

    @label_column(gettext_lazy("Status"), "status", STATUS_COLOURS)
    def state(self, run: TrainingRun) -> tuple[str, str]:
        """Return status and label."""
        return run.status, run.get_status_display()

    @admin.display(description=gettext_lazy("Progress"), ordering="progress")
    def progress_text(self, run: TrainingRun) -> str:
        """Return percent and stage, with the last message and heartbeat while the run works."""
        if run.status != RunStatus.RUNNING:
            stage = lower(run.get_stage_display()) if run.status in _STOPPED and run.stage else ""
            told = gettext(", stopped at: {stage}").format(stage=stage) if stage else ""
            return f"{run.progress} %{told}"
        alive = (
            gettext("; last sign of life {moment}").format(moment=format_moment(run.heartbeat_at))
            if run.heartbeat_at
            else ""
        )
        return f"{run.progress} %, {run.step or lower(run.get_stage_display())}{alive}"

    @admin.display(description=gettext_lazy("Requested"), ordering="created_at")
    def request_time(self, run: TrainingRun) -> str:
        """Return when it was requested."""
        return format_moment(run.created_at)

    @admin.display(description=gettext_lazy("Started"), ordering="started_at")
    def start_time(self, run: TrainingRun) -> str:
        """Return when a worker began."""
        return format_moment(run.started_at)

    @admin.display(description=gettext_lazy("Ended"), ordering="finished_at")
    def finish_time(self, run: TrainingRun) -> str:
        """Return when it ended."""
        return format_moment(run.finished_at)

    @admin.display(description=gettext_lazy("Duration"))
    def duration(self, run: TrainingRun) -> str:
        """Return how long it worked, up to now while it runs."""
        if run.started_at is None:
            return "-"
        return format_duration((run.finished_at or timezone.now()) - run.started_at)

    @admin.display(description=gettext_lazy("Version"), ordering="model")
    def version(self, run: TrainingRun) -> str:
        """Return a link to the version that it made."""
        return link_to_version(run.model)

    @admin.display(description=gettext_lazy("MLflow run"))
    def mlflow_run(self, run: TrainingRun) -> str:
        """Return the run id under which MLflow has parameters, metrics and files."""
        return (run.model.mlflow_run_id if run.model else "") or "-"

    @admin.display(description=gettext_lazy("Options"))
    def options(self, run: TrainingRun) -> str:
        """Return the options in words; of files the names alone."""
        size, files = run.parameters.get("corpus_size"), run.parameters.get("files") or ()
        parts = [fill(gettext("{size:,} constructed pairs"), size=size) if isinstance(size, int) else ""]
        if files:
            names = ", ".join(PurePath(str(name)).name for name in files)
            parts.append(gettext("files: {names}").format(names=names))
        return "; ".join(part for part in parts if part) or "-"

    @admin.display(description=gettext_lazy("Log"))
    def log_lines(self, run: TrainingRun) -> str:
        """Return all progress messages with their times, numbers rounded."""
        lines = [(_format_log_time(at), _round_numbers(message)) for at, message in run.log]
        rows = format_html_join("", "<div>{}  {}</div>", lines)
        return format_html(
            '<div class="break-words font-mono text-xs">{}</div>', rows or gettext("No message yet.")
        )

    @admin_button(gettext_lazy("Train a model"), "train")
    def train(self, request: HttpRequest) -> HttpResponse:
        """Queue a training run."""

        def perform(actor: User, cleaned: Any) -> str:
            parameters = {"corpus_size": cleaned["corpus_size"], "files": []}
            runs.queue_run(cleaned["reason"], actor, parameters)
            transaction.on_commit(wake_training_worker)
            return gettext("A training run is queued. Training makes nothing live.")

        text = gettext(
            "Trains a candidate on every adjudicated label and the constructed corpus, measures it on "
            "held-out entities and registers it. Making it live is a decision of two people."
        )
        back = reverse("admin:modelops_trainingrun_changelist")
        step = ConfirmationStep(
            gettext("Train a model"),
            text,
            gettext("Train"),
            back,
            perform,
            TrainingForm,
            (TrainingBusyError,),
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Cancel"), "cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel a queued or running run."""
        run = get_object_or_404(TrainingRun, pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            runs.cancel_run(run, actor, cleaned["reason"])
            return gettext("Cancelled. The worker stops at its next step; no label was used up.")

        back = reverse("admin:modelops_trainingrun_change", args=[run.pk])
        text = gettext("The run ends without a model. Its labels are used by the next run.")
        step = ConfirmationStep(
            gettext("Cancel this run?"),
            text,
            gettext("Cancel the run"),
            back,
            perform,
            ReasonForm,
            (RunEndedError,),
        )
        return handle_confirmation(self.admin_site, request, step)


def _format_log_time(text: str) -> str:
    """Return the time of a progress message with its zone, or the stored text where it is none."""
    try:
        return format_moment(datetime.fromisoformat(text).astimezone(UTC))
    except ValueError:
        return text


def _round_numbers(message: str) -> str:
    """Return a message whose long fractions have four significant digits."""
    return _LONG_FRACTION.sub(lambda match: format_number(float(match.group()), ".4g"), message)


def wake_training_worker() -> None:
    """Send the training task by name, because this app cannot import the app that defines it.

    Without a broker nothing is lost: queued runs are sent every minute.
    """
    try:
        current_app.send_task("feedback.tasks.retrain_queued_run", retry=False)
    except OperationalError:
        log.warning("training_not_sent_at_once")
