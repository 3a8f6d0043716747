"""Admin pages of replays and shadow scores, and the page that shows what was live at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.models import User
from accounts.numbers import fill
from matching.engine import compute_schema_hash
from matching.models import Prediction, Replay, ShadowScore
from matching.rescoring.replay import ReplayError, build_count_rows, request_replay
from matching.tasks import replay_day
from matters.wall import select_visible
from modelops.models import Deployment, ModelVersion, ServingRole

_MAX_LISTED = 100
"""Most changed predictions on the page of a replay."""


class ReplayForm(forms.Form):
    """The day to replay, and the model version to replay it with."""

    day = forms.DateField(
        label=gettext_lazy("Day"), widget=UnfoldAdminSingleDateWidget(), help_text=gettext_lazy("In UTC.")
    )
    version = forms.ModelChoiceField(
        ModelVersion.objects.none(),
        label=gettext_lazy("Version"),
        widget=UnfoldAdminSelectWidget(),
        empty_label=None,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fitting = ModelVersion.objects.filter(schema_hash=compute_schema_hash()).defer("card")
        self.fields["version"].queryset = fitting  # type: ignore[attr-defined]


class MomentForm(forms.Form):
    """The time whose live models are shown."""

    at = forms.DateTimeField(
        label=gettext_lazy("Time (UTC)"),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-03-03 14:03", "autocomplete": "off"}),
        help_text=gettext_lazy("Year-month-day hours:minutes."),
    )


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Replays of a day with another model version."""

    list_display = ("day", "model", "status", "display_progress", "changed", "requested_by", "created_at")
    list_select_related = ("model", "requested_by")
    list_filter = ("status",)
    fields = (
        "day",
        "model",
        "status",
        "display_progress",
        "total",
        "done",
        "erased",
        "failed",
        "changed",
        "requested_by",
        "created_at",
        "finished_at",
        "error",
        "display_verdicts",
    )
    readonly_fields = fields
    actions = None
    actions_list = ("replay", "live_at")
    has_replay_permission = require_permission("matching.add_replay")
    has_live_at_permission = require_permission("modelops.view_deployment")

    @admin.display(description=gettext_lazy("Progress"))
    def display_progress(self, replay: Replay) -> str:
        """Return the part that is done, in percent."""
        return f"{replay.progress} %"

    @admin.display(description=gettext_lazy("Verdicts"))
    def display_verdicts(self, replay: Replay) -> str:
        """Return a table of verdicts before and after, and the first changed predictions without a matter."""
        changes = replay.changes.filter(prediction__matter=None).select_related("prediction")[:_MAX_LISTED]
        context = {
            "rows": build_count_rows(replay.counts),
            "changes": changes,
            "listed": _MAX_LISTED,
            "replay": replay,
        }
        return render_to_string("admin/matching/replay.html", context)

    @admin_button(gettext_lazy("Replay a day"), "replay")
    def replay(self, request: HttpRequest) -> HttpResponse:
        """Start a replay after a confirmation."""

        def perform(actor: User, fields: Any) -> str:
            row = request_replay(fields["day"], fields["version"], actor)
            transaction.on_commit(lambda: replay_day.apply_async((str(row.pk),), retry=False), robust=True)
            return fill(
                gettext("{total:,} predictions of {day} are replayed with {model}."),
                total=row.total,
                day=row.day,
                model=row.model,
            )

        text = gettext(
            "Every comparison of that day is repeated with the version, by the current rules. Stored "
            "predictions stay as they are; the names are not shown to anybody."
        )
        back = reverse("admin:matching_replay_changelist")
        step = ConfirmationStep(
            gettext("Replay a day"), text, gettext("Replay"), back, perform, ReplayForm, (ReplayError,)
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("What was live at ..."), "live_at")
    def live_at(self, request: HttpRequest) -> HttpResponse:
        """Show what was live at a time and who approved it, with a button that replays that day."""
        form = MomentForm(request.GET if "at" in request.GET else None)
        context: dict[str, Any] = {**self.admin_site.each_context(request), "form": form}
        context["title"] = gettext("What was live at a given time")
        if form.is_bound and form.is_valid():
            context |= _build_moment_context(form.cleaned_data["at"], get_current_user(request))
            context["may_replay"] = self.has_replay_permission(request)
        return TemplateResponse(request, "admin/matching/live_at.html", context)


@admin.register(ShadowScore)
class ShadowScoreAdmin(ReadOnlyAdmin):
    """What challengers and shadows would have predicted."""

    list_display = (
        "display_created_at",
        "display_prediction",
        "verdict",
        "material_probability",
        "agrees",
        "model",
        "role",
    )
    list_select_related = ("model", "prediction")
    list_filter = ("agrees", "role")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "prediction")
    readonly_fields = fields
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible rows without the names, text and features of the predictions."""
        deferred = (
            f"prediction__{name}" for name in ("name1", "name2", "words", "context", "features", "traits")
        )
        rows = select_visible(super().get_queryset(request), get_current_user(request))
        return rows.defer(*deferred)

    @admin.display(description=gettext_lazy("Predicted at"))
    def display_created_at(self, score: ShadowScore) -> datetime:
        """Return when the prediction was stored."""
        return score.prediction.created_at

    @admin.display(description=gettext_lazy("Prediction"))
    def display_prediction(self, score: ShadowScore) -> str:
        """Return the verdict and the profile of the prediction."""
        return gettext("{verdict} under {profile}").format(
            verdict=score.prediction.get_verdict_display(), profile=score.prediction.profile
        )


def _build_moment_context(at: datetime, user: User) -> dict[str, Any]:
    """Return the deployments and the last predictions of a time, and the champions of today."""
    deployments = [Deployment.objects.as_of(at, role) for role in ServingRole.values]
    rows = [row for of_role in deployments for row in of_role.select_related(*_RELATED_FIELDS)]
    predictions = Prediction.objects.for_listing().defer("name1", "name2", "words", "context")
    predictions = select_visible(predictions, user).filter(created_at__lte=at).order_by("-created_at")[:5]
    today = Deployment.objects.live().filter(role=ServingRole.CHAMPION)
    return {"at": at, "rows": rows, "predictions": predictions, "today": today, "day": at.date()}


_RELATED_FIELDS = ("model", "requested_by", "approved_by", "request")
