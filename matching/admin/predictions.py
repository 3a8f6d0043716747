"""Admin pages of predictions. Names stay encrypted until a user with the permission reveals them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.module_loading import import_string
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.privacy import ERASURE_WARNING
from accounts.admin_tools import (
    BoundedPaginator,
    ConfirmationStep,
    ReadOnlyAdmin,
    ReasonForm,
    admin_button,
    handle_confirmation,
    label_column,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import step_up
from accounts.language.sentences import Text
from accounts.models import User
from accounts.privacy import erasure
from matching.admin.exports import answer_export
from matching.api.export_requests import build_selection, request_export, select_predictions
from matching.api.serializers import serialize_prediction
from matching.compare import service
from matching.compare.available_profiles import get_available_profiles
from matching.models import ExportRequest, FileFormat, Prediction, VerdictChoice
from matching.pair_digest import compute_pair_digest
from matters.wall import select_visible

_VERDICT_COLOURS = {
    VerdictChoice.IMMATERIAL: "success",
    VerdictChoice.REVIEW: "warning",
    VerdictChoice.MATERIAL: "danger",
}
_ENCRYPTED_FIELDS = ("name1", "name2", "words", "context")
_HIDDEN = gettext_lazy("hidden until the pair is decided")
_REVIEW_PERMISSION = "feedback.change_reviewitem"


_ANSWER_FIELDS = (
    "verdict",
    "display_prediction",
    "confidence",
    "display_leaning",
    "material_probability",
    "display_differences",
    "stream",
    "selection_probability",
)
_ANSWER_COLUMNS = (*_ANSWER_FIELDS, "prediction", "differences")
"""Columns that tell the answer of the model, or hint at it."""

_PLAIN_FIELDS = (
    "profile",
    "kind",
    "model",
    "rules_version",
    "generation",
    "experiment",
    "variant",
    "cached",
    "latency_ms",
    "pair_digest",
    "erased_at",
)


class ProfileFilter(admin.SimpleListFilter):
    """A filter by the available profiles; Django's own would read the profiles from every row."""

    title = "profile"
    parameter_name = "profile"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """Return the available profiles as choices."""
        return [(id_, id_) for id_ in get_available_profiles()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen profile, or all."""
        return queryset.filter(profile=self.value()) if self.value() else queryset


class ExportForm(ReasonForm):
    """Filters, file format and reason of an export."""

    file = forms.ChoiceField(
        choices=FileFormat.choices, widget=UnfoldAdminSelectWidget, label=gettext_lazy("File format")
    )
    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict"),
        choices=[("", gettext_lazy("Any")), *VerdictChoice.choices],
        widget=UnfoldAdminSelectWidget,
        required=False,
    )
    profile = forms.ChoiceField(label=gettext_lazy("Profile"), widget=UnfoldAdminSelectWidget, required=False)
    created_from = forms.DateTimeField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        required=False,
        label=gettext_lazy("From"),
    )
    created_to = forms.DateTimeField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
        required=False,
        label=gettext_lazy("Before"),
    )

    field_order = ("file", "verdict", "profile", "created_from", "created_to", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        profiles = [(id_, id_) for id_ in get_available_profiles()]
        self.fields["profile"].choices = [("", gettext("Any")), *profiles]  # type: ignore[attr-defined]


class PairForm(forms.Form):
    """Two names, as they were sent."""

    name1 = forms.CharField(
        label=gettext_lazy("Name A"), widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )
    name2 = forms.CharField(
        label=gettext_lazy("Name B"), widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    """All predictions, without the names; for reviewers without the verdict of pairs that wait for them."""

    list_select_related = ("model", "user")
    search_fields = ("id__exact", "pair_digest__exact", "user__email__exact")
    search_help_text = gettext_lazy("Id of the prediction, digest of the pair, or e-mail of the user")
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    actions = None
    actions_list = ("find_pair", "export")
    has_find_pair_permission = require_permission("matching.reveal_names")
    has_export_permission = require_permission("matching.export_names")
    actions_detail = ("reveal", "erase")
    has_reveal_permission = require_permission("matching.reveal_names")
    has_erase_permission = require_permission("accounts.erase_names")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visible rows without their encrypted columns; for reviewers with what is undecided."""
        rows = select_visible(super().get_queryset(request), get_current_user(request))
        rows = rows.defer(*_ENCRYPTED_FIELDS)
        return _mark_undecided(rows) if _may_review(request) else rows

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns; a reviewer cannot sort by the verdict, which would tell it."""
        verdict = ("blind_verdict",) if _may_review(request) else ("display_verdict", "confidence")
        return ("__str__", *verdict, "model", "user")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters in the address by which a reviewer could find out the verdict."""
        if _may_review(request) and lookup.partition("__")[0] in _ANSWER_COLUMNS:
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        """Return the filters; a reviewer cannot filter by what tells the verdict."""
        return (
            (ProfileFilter, "cached")
            if _may_review(request)
            else ("verdict", ProfileFilter, "stream", "cached")
        )

    def get_fields(self, request: HttpRequest, obj: Prediction | None = None) -> tuple[str, ...]:
        """Return the fields, without the model's answer while a reviewer must not see it."""
        if obj is not None and getattr(obj, "is_undecided", False):
            return ("created_at", "user", "blind_verdict", *_PLAIN_FIELDS)
        return ("created_at", "user", *_ANSWER_FIELDS, *_PLAIN_FIELDS)

    get_readonly_fields = get_fields

    @label_column(gettext_lazy("Verdict"), "verdict", _VERDICT_COLOURS)
    def display_verdict(self, prediction: Prediction) -> tuple[str, str]:
        """Return the verdict with its colour."""
        return prediction.verdict, prediction.get_verdict_display()

    @admin.display(description=gettext_lazy("Verdict"))
    def blind_verdict(self, prediction: Prediction) -> Text:
        """Return the verdict, or that it is hidden while the pair waits for a decision."""
        is_undecided = getattr(prediction, "is_undecided", False)
        return _HIDDEN if is_undecided else str(prediction.get_verdict_display())

    @admin.display(description=gettext_lazy("Prediction"))
    def display_prediction(self, prediction: Prediction) -> str:
        """Return the prediction as a word: a green tick for *material* would look like good news."""
        return "material" if prediction.prediction else "immaterial"

    @admin.display(description=gettext_lazy("Leaning"))
    def display_leaning(self, prediction: Prediction) -> str:
        """Return the leaning of a review with its probability."""
        return f"{prediction.leaning}, {prediction.leaning_probability}" if prediction.leaning else "-"

    @admin.display(description=gettext_lazy("Differences"))
    def display_differences(self, prediction: Prediction) -> str:
        """Return the categories with the effect of each under the profile."""
        rows = ((row["category"], row.get("title", ""), row["effect"]) for row in prediction.differences)
        return format_html_join("", "<div>{} {}: <b>{}</b></div>", rows) or "none"

    @admin_button(gettext_lazy("Export with names"), "export")
    @step_up
    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for filters, format and reason; send the file, or ask for a second person above the limit."""
        form = ExportForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            filters = dict(form.cleaned_data)
            format_id, reason = filters.pop("file"), filters.pop("reason")
            selection, actor = build_selection(filters), get_current_user(request)
            rows = select_predictions(selection, actor).count()
            kind = ExportRequest.Kind.PREDICTIONS
            return answer_export(request, request_export(kind, selection, rows, actor, reason, format_id))
        back = reverse("admin:matching_prediction_changelist")
        text = gettext(
            "The file holds names. The audit trail records that you took it, why, and by "
            "which filters. More than {export_approval_rows} rows within a day need a second "
            "person."
        ).format(export_approval_rows=settings.EXPORT_APPROVAL_ROWS)
        step = ConfirmationStep(
            gettext("Export with names"), text, gettext("Export"), back, lambda _actor, _fields: ""
        )
        context = {**self.admin_site.each_context(request), "title": step.title, "step": step, "form": form}
        return TemplateResponse(request, "admin/step.html", context)

    @admin_button(gettext_lazy("Reveal the names"), "reveal")
    @step_up
    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the names after a confirmation, and record that they were revealed."""
        rows = select_visible(Prediction.objects.with_model(), get_current_user(request))
        prediction = get_object_or_404(_mark_undecided(rows) if _may_review(request) else rows, pk=object_id)
        back = reverse("admin:matching_prediction_change", args=[prediction.pk])
        if request.method == "POST":
            service.reveal_names(prediction, get_current_user(request))
            return self._render_names(request, prediction, back)
        text = gettext("The audit trail records that you saw them.")
        step = ConfirmationStep(
            gettext("Reveal the names?"), text, gettext("Reveal"), back, lambda _actor, _fields: ""
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Find a pair"), "find_pair")
    def find_pair(self, request: HttpRequest) -> HttpResponse:
        """Find the predictions of one exact pair by its digest: no name goes into a URL or a query."""
        back = reverse("admin:matching_prediction_changelist")
        if request.method == "POST":
            digest = compute_pair_digest(request.POST.get("name1", ""), request.POST.get("name2", ""))
            back = f"{back}?q={digest}"
        text = gettext("Names are encrypted; only exactly these two names, in this order, are found.")
        message = gettext("These are the predictions of exactly that pair, in that order.")
        step = ConfirmationStep(
            gettext("Find a pair"), text, gettext("Find"), back, lambda _actor, _fields: message, PairForm
        )
        return handle_confirmation(self.admin_site, request, step)

    @admin_button(gettext_lazy("Erase the names"), "erase")
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Erase the names of one prediction for good."""
        visible = select_visible(Prediction.objects.all(), get_current_user(request))
        prediction = get_object_or_404(visible, pk=object_id)
        back = reverse("admin:matching_prediction_change", args=[prediction.pk])

        def perform(actor: User, fields: Any) -> str:
            erasure.run_erasure(
                erasure.request_prediction_erasure(prediction.pk, prediction.user, actor, fields["reason"])
            )
            return gettext("The names are erased.")

        step = ConfirmationStep(
            gettext("Erase the names?"), ERASURE_WARNING, gettext("Erase for good"), back, perform, ReasonForm
        )
        return handle_confirmation(self.admin_site, request, step)

    def _render_names(self, request: HttpRequest, prediction: Prediction, back: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The names, and why"),
            "prediction": prediction,
            "answer": None
            if getattr(prediction, "is_undecided", False)
            else serialize_prediction(prediction),
            "back": back,
        }
        response = TemplateResponse(request, "admin/revealed.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response


def _may_review(request: HttpRequest) -> bool:
    """Return whether the user decides review items, blind to the model's answer; administrators oversee."""
    return request.user.has_perm(_REVIEW_PERMISSION) and not getattr(request.user, "is_superuser", False)


def _mark_undecided(rows: QuerySet[Prediction]) -> QuerySet[Prediction]:
    """Add ``is_undecided``: whether the pair of the prediction waits for a reviewer's decision."""
    return rows.annotate(is_undecided=import_string(settings.UNDECIDED_CONDITION)())
