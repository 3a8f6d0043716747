"""Replays on screen, and the page that says what was live at a moment."""

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
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    handle_confirmation,
    require_permission,
)
from accounts.models import User
from matching.engine import compute_schema_hash
from matching.models import Prediction, Replay, ShadowScore
from matching.rescoring import replay as replays
from matching.rescoring.replay import ReplayError, build_count_rows
from matching.tasks import replay_day
from modelops.models import Deployment, ModelVersion, ServingRole

_MAX_LISTED = 100


class ReplayForm(forms.Form):
    """Which day, on which version."""

    day = forms.DateField(widget=UnfoldAdminSingleDateWidget(), help_text="In UTC.")
    version = forms.ModelChoiceField(
        ModelVersion.objects.none(), widget=UnfoldAdminSelectWidget(), empty_label=None
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fitting = ModelVersion.objects.filter(schema_hash=compute_schema_hash()).defer("card")
        self.fields["version"].queryset = fitting  # type: ignore[attr-defined]


class MomentForm(forms.Form):
    """When."""

    at = forms.DateTimeField(
        label="Moment (UTC)",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-03-03 14:03", "autocomplete": "off"}),
        help_text="Year-month-day hours:minutes.",
    )


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Days that were asked again."""

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

    @admin.display(description="Progress")
    def display_progress(self, replay: Replay) -> str:
        """How many percent are through."""
        return f"{replay.progress} %"

    @admin.display(description="Verdicts")
    def display_verdicts(self, replay: Replay) -> str:
        """What became what, and the first answers that changed."""
        changes = replay.changes.select_related("prediction")[:_MAX_LISTED]
        context = {
            "rows": build_count_rows(replay.counts),
            "changes": changes,
            "listed": _MAX_LISTED,
            "replay": replay,
        }
        return render_to_string("admin/matching/replay.html", context)

    @admin_button("Replay a day", "replay")
    def replay(self, request: HttpRequest) -> HttpResponse:
        """Ask a day's questions again."""

        def perform(actor: User, given: Any) -> str:
            asked = replays.request_replay(given["day"], given["version"], actor)
            transaction.on_commit(lambda: replay_day.apply_async((str(asked.pk),), retry=False), robust=True)
            return f"{asked.total:,} answers of {asked.day} are asked again of {asked.model}."

        text = (
            "Every question of that day is answered again by the version, under today's rules. Stored "
            "answers stay as they are; names are read by the machine alone."
        )
        back = reverse("admin:matching_replay_changelist")
        step = ConfirmationStep("Replay a day", text, "Replay", back, perform, ReplayForm, (ReplayError,))
        return handle_confirmation(self.admin_site, request, step)

    @admin_button("What was live at ...", "live_at")
    def live_at(self, request: HttpRequest) -> HttpResponse:
        """Show what was live at a moment, who approved it, and the way to ask today's model."""
        form = MomentForm(request.GET if "at" in request.GET else None)
        context: dict[str, Any] = {**self.admin_site.each_context(request), "form": form}
        context["title"] = "What was live at a moment"
        if form.is_bound and form.is_valid():
            context |= _build_moment_context(form.cleaned_data["at"])
            context["may_replay"] = self.has_replay_permission(request)
        return TemplateResponse(request, "admin/matching/live_at.html", context)


@admin.register(ShadowScore)
class ShadowScoreAdmin(ReadOnlyAdmin):
    """What challengers and shadows would have answered."""

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
        """Without the names of the answers."""
        hidden = (f"prediction__{name}" for name in ("name1", "name2", "words", "context", "features"))
        return super().get_queryset(request).defer(*hidden)

    @admin.display(description="Answered at")
    def display_created_at(self, score: ShadowScore) -> datetime:
        """When the answer was given."""
        return score.prediction.created_at

    @admin.display(description="Answered")
    def display_prediction(self, score: ShadowScore) -> str:
        """The verdict that was given."""
        return f"{score.prediction.get_verdict_display()} under {score.prediction.profile}"


def _build_moment_context(at: datetime) -> dict[str, Any]:
    """What the page shows about a moment."""
    parts = [(role, Deployment.objects.as_of(at, role)) for role in ServingRole.values]
    rows = [row for _, found in parts for row in found.select_related(*_RELATED_FIELDS)]
    answers = Prediction.objects.for_listing().defer("name1", "name2", "words", "context")
    answers = answers.filter(created_at__lte=at).order_by("-created_at")[:5]
    today = Deployment.objects.live().filter(role=ServingRole.CHAMPION)
    return {"at": at, "rows": rows, "answers": answers, "today": today, "day": at.date()}


_RELATED_FIELDS = ("model", "requested_by", "approved_by", "request")
