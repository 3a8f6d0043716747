"""What changed in the last seven days, for those who may see it; never a name that was compared."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy

from accounts.language.sentences import lower
from accounts.models import Erasure, Role, User
from analytics.overview.entries import (
    MAX_ENTRIES,
    Entry,
    EntryList,
    Source,
    describe_empty_list,
    link_list,
    link_row,
)
from experiments.models import Experiment, ExperimentStatus
from feedback.models import Guideline
from matching.models import ReviewPolicy
from modelops.models import (
    DRILL_PROFILE,
    Alert,
    Deployment,
    JobRun,
    RunStatus,
    Threshold,
    TrainingRun,
)

WINDOW = timedelta(days=7)
_MAX_CHANGES = 15


def find_deployments(_user: User, now: datetime) -> list[Entry]:
    """Return what became live."""
    rows = Deployment.objects.filter(at__gte=now - WINDOW).exclude(profile=DRILL_PROFILE)
    return [
        Entry(
            (
                gettext("Rolled back to: generation {row}")
                if row.break_glass
                else gettext("Live: generation {row}")
            ).format(row=row),
            link_row("modelops_deployment", row.pk),
            row.at,
        )
        for row in rows.select_related("model")[:MAX_ENTRIES]
    ]


def _describe_training(run: TrainingRun) -> str:
    text = gettext("Training {status}").format(status=lower(run.get_status_display()))
    return f"{text}: {run.model}" if run.model else text


def find_trainings(_user: User, now: datetime) -> list[Entry]:
    """Return the training runs that ended."""
    rows = TrainingRun.objects.filter(finished_at__gte=now - WINDOW).select_related("model")
    return [
        Entry(
            _describe_training(row),
            link_row("modelops_trainingrun", row.pk),
            row.finished_at,
        )
        for row in rows.order_by("-finished_at")[:MAX_ENTRIES]
    ]


def _describe_experiment(experiment: Experiment) -> str:
    texts = {
        ExperimentStatus.RUNNING: gettext("Experiment started: {row}"),
        ExperimentStatus.STOPPED: gettext("Experiment stopped: {row}"),
        ExperimentStatus.CONCLUDED: gettext("Experiment concluded: {row}"),
    }
    return texts[ExperimentStatus(experiment.status)].format(row=experiment)


def find_experiments(_user: User, now: datetime) -> list[Entry]:
    """Return the experiments that started or ended."""
    since = now - WINDOW
    rows = Experiment.objects.filter(Q(start_date__gte=since) | Q(end_date__gte=since))
    return [
        Entry(
            _describe_experiment(row),
            link_row("experiments_experiment", row.pk),
            row.end_date or row.start_date,
        )
        for row in rows[:MAX_ENTRIES]
    ]


def find_resolved_alerts(_user: User, now: datetime) -> list[Entry]:
    """Return the alerts that fired and ended."""
    rows = Alert.objects.filter(state=Alert.State.RESOLVED, resolved_at__gte=now - WINDOW)
    return [
        Entry(
            gettext("Alert resolved: {row}").format(row=row),
            link_row("modelops_alert", row.pk),
            row.resolved_at,
        )
        for row in rows.order_by("-resolved_at")[:MAX_ENTRIES]
    ]


def find_thresholds(_user: User, now: datetime) -> list[Entry]:
    """Return the thresholds that people set."""
    rows = Threshold.objects.filter(changed_at__gte=now - WINDOW)[:MAX_ENTRIES]
    return [
        Entry(
            gettext("Threshold set: {row}").format(row=row),
            link_row("modelops_threshold", row.pk),
            row.changed_at,
        )
        for row in rows
    ]


def find_guidelines(_user: User, now: datetime) -> list[Entry]:
    """Return the guidelines that were published."""
    rows = Guideline.objects.filter(published_at__gte=now - WINDOW)[:MAX_ENTRIES]
    return [
        Entry(
            gettext("Guideline {version} is in force").format(version=row.version),
            link_row("feedback_guideline", row.pk),
            row.published_at,
        )
        for row in rows
    ]


def find_policies(_user: User, now: datetime) -> list[Entry]:
    """Return the changes of sampling rates."""
    rows = ReviewPolicy.objects.filter(set_at__gte=now - WINDOW)[:MAX_ENTRIES]
    return [
        Entry(gettext("Sampling rates and quotas set"), link_row("matching_reviewpolicy", row.pk), row.set_at)
        for row in rows
    ]


def find_failed_jobs(_user: User, now: datetime) -> list[Entry]:
    """Return the periodic jobs that failed."""
    rows = JobRun.objects.filter(status=RunStatus.FAILED, finished_at__gte=now - WINDOW)
    return [
        Entry(
            gettext("Periodic job failed: {name} {window}").format(name=row.name, window=row.window),
            link_row("modelops_jobrun", row.pk),
            row.finished_at,
        )
        for row in rows.order_by("-finished_at")[:MAX_ENTRIES]
    ]


def find_users(_user: User, now: datetime) -> list[Entry]:
    """Return the users that were added, by role."""
    rows = User.objects.filter(created_at__gte=now - WINDOW).order_by("-created_at")
    return [
        Entry(
            gettext("{label} added: {email}").format(label=Role(row.role).label, email=row.email),
            link_row("accounts_user", row.pk),
            row.created_at,
        )
        for row in rows[:MAX_ENTRIES]
    ]


def find_erasures(_user: User, now: datetime) -> list[Entry]:
    """Return the erasures that were requested, without what they erase."""
    rows = Erasure.objects.filter(requested_at__gte=now - WINDOW).defer("name")[:MAX_ENTRIES]
    return [
        Entry(
            gettext("Erasure: {subject}").format(subject=lower(row.get_subject_display())),
            link_list("accounts_erasure"),
            row.requested_at,
        )
        for row in rows
    ]


CHANGES = (
    Source("modelops.view_deployment", gettext_lazy("versions that became live"), find_deployments),
    Source("modelops.view_trainingrun", gettext_lazy("trainings that ended"), find_trainings),
    Source(
        "experiments.view_experiment", gettext_lazy("experiments that started or ended"), find_experiments
    ),
    Source("modelops.view_alert", gettext_lazy("alerts that ended"), find_resolved_alerts),
    Source("modelops.view_threshold", "thresholds", find_thresholds),
    Source("feedback.view_guideline", "guidelines", find_guidelines),
    Source("matching.view_reviewpolicy", gettext_lazy("sampling rates"), find_policies),
    Source("modelops.view_jobrun", gettext_lazy("periodic jobs that failed"), find_failed_jobs),
    Source("accounts.view_user", gettext_lazy("new users"), find_users),
    Source("accounts.view_erasure", "erasures", find_erasures),
)
"""Each kind of change, by the permission to see it."""


def list_changes(user: User, now: datetime) -> EntryList | None:
    """Return what changed, the newest first; ``None`` for a user who may see nothing of it."""
    allowed = [source for source in CHANGES if user.has_perm(source.permission)]
    if not allowed:
        return None
    entries = [entry for source in allowed for entry in source.find(user, now)]
    ordered = sorted(entries, key=lambda entry: entry.at or now, reverse=True)[:_MAX_CHANGES]
    empty = describe_empty_list(gettext("Nothing changed in the last seven days."), allowed)
    return EntryList(gettext("Changed in the last seven days"), ordered, empty)
