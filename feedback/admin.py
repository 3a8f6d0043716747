"""The review queue and what people said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from accounts.desk import BoundedPaginator, Step, act, confirmed, may, nobody
from accounts.models import User
from feedback import services
from feedback.models import Feedback, ReviewItem
from feedback.services import AlreadySaidError, ClaimLostError
from matching.services import reveal

_MATERIAL, _IMMATERIAL = "material", "immaterial"


class DecisionForm(forms.Form):
    """A reviewer's decision."""

    decision = forms.ChoiceField(
        choices=[
            (_IMMATERIAL, "Immaterial: the same name"),
            (_MATERIAL, "Material: not the same name"),
        ],
        widget=UnfoldAdminRadioSelectWidget(),
    )
    text = forms.CharField(
        label="Why", required=False, max_length=4_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


@admin.register(ReviewItem)
class ReviewItemAdmin(ModelAdmin):  # type: ignore[misc]  # the package ships no types
    """Work for reviewers, the most urgent first."""

    list_display = ("created_at", "stream", "state", "priority", "claimed_by", "claimed_until", "done_at")
    list_filter = ("state", "stream")
    list_select_related = ("claimed_by",)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display, "selection_probability", "not_before")
    readonly_fields = fields
    actions = None
    actions_list = ("take_next",)
    has_take_next_permission = may("feedback.change_reviewitem")
    actions_detail = ("judge", "give_back")
    has_give_back_permission = may("feedback.change_reviewitem")
    has_judge_permission = may("feedback.change_reviewitem")
    has_add_permission = nobody
    has_change_permission = nobody
    has_delete_permission = nobody

    @act("Take the next item", "take_next")
    def take_next(self, request: HttpRequest) -> HttpResponse:
        """Claim the most urgent item and open it."""
        services.collect()
        item = ReviewItem.objects.claim(_person(request), timezone.now())
        if item is None:
            messages.success(request, "Nothing is waiting for you.")
            return redirect("admin:feedback_reviewitem_changelist")
        return redirect("admin:feedback_reviewitem_judge", item.pk)

    @act("Judge", "judge")
    def judge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the two names and nothing of the model's answer; store the decision."""
        item = get_object_or_404(ReviewItem.objects.select_related("prediction"), pk=object_id)
        if not item.is_held_by(_person(request), timezone.now()):
            messages.error(request, "This item is not yours. Take the next one.")
            return redirect("admin:feedback_reviewitem_changelist")

        def perform(reviewer: User, given: Mapping[str, Any]) -> str:
            services.decide(item, reviewer, given["decision"] == _MATERIAL, given["text"])
            return "Stored. Take the next one."

        step = Step(
            "Is the difference material?",
            "Decide first; the model's answer is not shown, so that yours is your own.",
            "Store the decision",
            reverse("admin:feedback_reviewitem_changelist"),
            perform,
            DecisionForm,
            (ClaimLostError, AlreadySaidError),
            _shown(item, _person(request), first=request.method == "GET"),
        )
        response = confirmed(self.admin_site, request, step)
        response.headers["Cache-Control"] = "no-store"
        return response

    @act("Give back", "give_back")
    def give_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put a claimed item back into the queue."""
        item = get_object_or_404(ReviewItem, pk=object_id)
        services.release(item, _person(request), "given back")
        messages.success(request, "Given back.")
        return redirect("admin:feedback_reviewitem_changelist")


@admin.register(Feedback)
class FeedbackAdmin(ModelAdmin):  # type: ignore[misc]  # as above
    """What people said about answers."""

    list_display = ("created_at", "user_correction", "source", "reviewer", "processed", "prediction_link")
    list_filter = ("source", "user_correction", "processed")
    list_select_related = ("reviewer",)
    search_fields = ("id__exact", "prediction__id__exact", "reviewer__email__exact")
    search_help_text = "Id of the feedback or of the answer, or the e-mail of who said it"
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        "created_at",
        "prediction_link",
        "user_correction",
        "confidence_score",
        "source",
        "reviewer",
        "guideline_version",
        "answer_shown",
        "seconds",
        "adjudicated",
        "processed",
        "training_run",
    )
    readonly_fields = fields
    actions = None
    actions_list = ("train_now",)
    has_train_now_permission = may("modelops.add_trainingrun")
    has_add_permission = nobody
    has_change_permission = nobody
    has_delete_permission = nobody

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the encrypted text in the database."""
        return super().get_queryset(request).defer("feedback_text")

    @admin.display(description="Answer")
    def prediction_link(self, row: Feedback) -> str:
        """Id of the answer it is about."""
        return str(row.prediction_id)

    @act("Train a candidate now", "train_now")
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Have a worker train; asked by name, because the task's module would bring MLflow along."""
        arguments = ["asked for in the admin", str(_person(request).pk)]
        current_app.send_task("feedback.tasks.retrain_model", arguments, queue="train", retry=False)
        messages.success(request, "A worker trains a candidate; follow it here.")
        return redirect("admin:modelops_trainingrun_changelist")


def _shown(item: ReviewItem, reviewer: User, first: bool) -> dict[str, object]:
    """Return the names to judge; showing them the first time is recorded."""
    seen = item.prediction
    name1, name2 = reveal(seen, reviewer) if first else (seen.name1, seen.name2)
    return {"First name": name1, "Second name": name2, "Profile": seen.profile, "Kind": seen.kind}


def _person(request: HttpRequest) -> User:
    """Return who is signed in; the admin lets nobody else in."""
    if not isinstance(request.user, User):
        raise TypeError("nobody is signed in")
    return request.user
