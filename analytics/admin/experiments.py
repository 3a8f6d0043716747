"""Admin of experiments: drafts with a forecast, results, and every step to a shipped model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin

from accounts.admin_tools import (
    ConfirmationStep,
    ReasonForm,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import step_up
from accounts.language.choice import SOURCE
from accounts.models import User
from analytics.admin import experiment_pages as pages
from analytics.admin.experiment_forms import GUARDRAIL_FIELDS, ExperimentForm, SplitForm, StartForm
from analytics.experiments.forecast import forecast_experiment
from analytics.experiments.results import get_experiment_results
from analytics.experiments.shipping import can_roll_back, request_shipment, stage_challenger
from analytics.experiments.tables import RENDERERS, render_file
from experiments import services
from experiments.models import Experiment, ExperimentPhase, ExperimentStatus
from experiments.services import ExperimentError
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.models import describe_profile
from modelops.serving.loader import ArtefactVerificationError

_EXPECTED_ERRORS = (ExperimentError, PromotionError, ArtefactVerificationError)
_CONTENT_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}
_FIELDSETS = (
    (
        gettext_lazy("What is to be found out"),
        {
            "fields": (
                "name",
                "hypothesis",
                "primary_metric",
                "recorded_metric",
                "higher_is_better",
                "smallest_effect",
            )
        },
    ),
    (gettext_lazy("Versions"), {"fields": ("profile", "model_a", "model_b")}),
    (gettext_lazy("Users"), {"fields": ("traffic_split", "enrolled_share", "planned_end")}),
    (
        gettext_lazy("Guardrails: how much worse B may be before everything stops"),
        {"fields": tuple(GUARDRAIL_FIELDS)},
    ),
)
_STARTED_FIELDSETS = (
    (
        gettext_lazy("Experiment"),
        {
            "fields": (
                "name", "hypothesis", "status", "display_profile", "model_a", "model_b", "primary_metric",
                "recorded_metric", "smallest_effect", "traffic_split", "enrolled_share", "phase",
                "start_date", "planned_end", "end_date", "reason_to_start", "conclusion", "promotion",
            )
        },
    ),
)  # fmt: skip


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):  # type: ignore[misc]  # the package ships no types
    """Experiments. Only drafts can be edited; the page of a started one shows its results."""

    form = ExperimentForm
    list_display = (
        "name", "status", "display_profile", "model_a", "model_b", "primary_metric", "traffic_split",
        "start_date",
    )  # fmt: skip
    list_filter = ("status", "primary_metric")
    list_select_related = ("model_a", "model_b")
    search_fields = ("name",)
    actions = None
    actions_detail = ("stage", "start", "change_split", "conclude", "stop", "ship", "roll_back")
    change_form_outer_before_template = "admin/experiments/page.html"
    has_stage_permission = require_permission("modelops.request_deployment")
    has_start_permission = require_permission("experiments.run_experiment")
    has_change_split_permission = require_permission("experiments.run_experiment")
    has_conclude_permission = require_permission("experiments.run_experiment")
    has_stop_permission = require_permission("experiments.run_experiment")
    has_ship_permission = require_permission("experiments.ship_experiment")
    has_roll_back_permission = require_permission("modelops.rollback_deployment")
    has_delete_permission = deny_everyone

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """Allow changes of drafts only."""
        draft = obj is None or obj.status == ExperimentStatus.DRAFT
        return draft and bool(super().has_change_permission(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        """Return the form of a draft, and the facts of what is started or may only be read."""
        return _FIELDSETS if obj is None or self.has_change_permission(request, obj) else _STARTED_FIELDSETS

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        """Return the fields that are shown and not asked for."""
        if obj is None or self.has_change_permission(request, obj):
            return ()
        return _STARTED_FIELDSETS[0][1]["fields"]

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        """Store a draft with its guardrails through the service, which logs it."""
        store = services.change_draft if change else services.create_experiment
        store(obj, form.get_margins(), get_current_user(request))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return the buttons of the steps that the state of the experiment allows."""
        row = Experiment.objects.select_related("promotion__deployment").filter(pk=object_id).first()
        steps = _list_steps(row) if row else ()
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if button.method.__name__ in steps]

    def get_urls(self) -> list[URLPattern]:
        """Add the forecast of an unsaved draft and the files of results."""
        view = self.admin_site.admin_view
        own = [
            path("forecast/", view(self.show_forecast), name="experiments_experiment_forecast"),
            path(
                "<uuid:object_id>/results/<str:ending>/",
                view(self.download_results),
                name="experiments_experiment_results",
            ),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the form with the place of its forecast."""
        return super().add_view(request, form_url, {**(extra_context or {}), **pages.build_draft_context()})  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a draft with its forecast, anything else with its results."""
        row = self.get_object(request, object_id)
        allowed = row is not None and self.has_view_or_change_permission(request, row)
        may_change = allowed and self.has_change_permission(request, row)
        own = pages.build_context(request, row, may_change) if row is not None and allowed else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **own})  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("Profile"), ordering="profile")
    def display_profile(self, experiment: Experiment) -> str:
        """Return the profile in words."""
        return describe_profile(experiment.profile)

    def show_forecast(self, request: HttpRequest) -> HttpResponse:
        """Return the forecast of the fields typed so far, as JSON."""
        if not (self.has_add_permission(request) or super().has_change_permission(request)):
            return JsonResponse({"sentence": gettext("Your role does not create experiments.")}, status=403)
        return JsonResponse(pages.forecast_fields(request.GET))

    def download_results(self, request: HttpRequest, object_id: Any, ending: str) -> HttpResponse:
        """Send the results of a phase as a file."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        row = get_object_or_404(Experiment, pk=object_id)
        if ending not in RENDERERS:
            raise Http404
        try:
            results = get_experiment_results(row, pages.read_phase(request))
        except ExperimentPhase.DoesNotExist as missing:
            raise Http404(gettext("this phase has not begun")) from missing
        response = HttpResponse(render_file(results, ending), content_type=_CONTENT_TYPES[ending])
        name = f"experiment-{str(row.pk)[-12:]}-phase-{results.phase.number}.{ending}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @admin_button(gettext_lazy("Stage B as challenger"), "stage")
    @step_up
    def stage(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Request that B become the challenger; another person approves."""
        row = _get_experiment(object_id)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            created = stage_challenger(row, actor, cleaned["reason"])
            return gettext("Requested {created}. Another person must approve it now.").format(created=created)

        text = gettext("B answers nobody before another person approves and the experiment starts.")
        return self._confirm(
            request, row, (gettext("Stage B of {row}?"), text, gettext("Request")), perform, ReasonForm
        )

    @admin_button(gettext_lazy("Start"), "start")
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start to assign users; what cannot conclude needs a reason."""
        row = _get_experiment(object_id)
        forecast = forecast_experiment(row)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            services.start_experiment(row, actor, forecast.can_conclude, cleaned["reason"])
            return gettext("{row} is running.").format(row=row)

        text = gettext("From now on every user is assigned to one of the two versions, always the same.")
        facts = {gettext("Forecast"): forecast.sentence, **pages.list_missing(row)}
        return self._confirm(
            request, row, (gettext("Start {row}?"), text, gettext("Start")), perform, StartForm, facts
        )

    @admin_button(gettext_lazy("Change the split"), "change_split")
    def change_split(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give the arms other shares, which begins a new phase."""
        row = _get_experiment(object_id)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            split = cleaned["traffic_split"], cleaned["enrolled_share"]
            return gettext("{change_split} begins.").format(
                change_split=services.change_split(row, *split, actor, cleaned["reason"])
            )

        text = gettext("A new phase begins. Its results start from nothing: phases are never added up.")
        facts = {gettext("Share of A now"): row.traffic_split, gettext("Enrolled now"): row.enrolled_share}
        return self._confirm(
            request,
            row,
            (gettext("Change the split of {row}?"), text, gettext("Begin phase")),
            perform,
            SplitForm,
            facts,
        )

    @admin_button(gettext_lazy("Conclude"), "conclude")
    def conclude(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the experiment with its verdict."""
        row = _get_experiment(object_id)
        verdict = pages.find_verdict(row)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            with translation.override(SOURCE):  # what is stored is English
                services.conclude_experiment(row, actor, pages.find_verdict(row), cleaned["reason"])
            return gettext("{row} is concluded: {verdict}").format(row=row, verdict=verdict)

        text = gettext("All users get the champion again. The verdict below is kept with the experiment.")
        facts = {gettext("Verdict"): verdict}
        return self._confirm(
            request, row, (gettext("Conclude {row}?"), text, gettext("Conclude")), perform, ReasonForm, facts
        )

    @admin_button(gettext_lazy("Stop"), "stop")
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the experiment without a conclusion."""
        row = _get_experiment(object_id)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            services.stop_experiment(row, actor, cleaned["reason"])
            return gettext("{row} is stopped.").format(row=row)

        text = gettext("All users get the champion again. A stopped experiment cannot be restarted.")
        return self._confirm(
            request, row, (gettext("Stop {row}?"), text, gettext("Stop")), perform, ReasonForm
        )

    @admin_button(gettext_lazy("Ship B"), "ship")
    @step_up
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Request that B become champion, with the evidence; another person approves."""
        row = _get_experiment(object_id)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            created = request_shipment(row, actor, cleaned["reason"])
            return gettext(
                "Requested {created} with this evidence. Another person must approve it now."
            ).format(created=created)

        text = gettext(
            "Opens a promotion request with this verdict. Nothing changes before another person approves it."
        )
        facts = {gettext("Verdict"): row.conclusion, gettext("Version"): row.model_b}
        return self._confirm(
            request,
            row,
            (gettext("Ship B of {row}?"), text, gettext("Request promotion")),
            perform,
            ReasonForm,
            facts,
        )

    @admin_button(gettext_lazy("Roll back"), "roll_back")
    @step_up
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the champion before B back, on one person's authority."""
        row = _get_experiment(object_id)

        def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
            if not can_roll_back(row):
                raise ExperimentError(gettext("B is not the champion now"))
            deployment = promotion.rollback(row.profile, actor, cleaned["reason"])
            return gettext("{model} is live again (generation {generation}).").format(
                model=deployment.model, generation=deployment.generation
            )

        text = gettext(
            "One person may do this in an emergency. The deployment is marked and an alert is raised."
        )
        return self._confirm(
            request, row, (gettext("Roll back B of {row}?"), text, gettext("Roll back")), perform, ReasonForm
        )

    def _confirm(
        self,
        request: HttpRequest,
        row: Experiment,
        texts: tuple[str, str, str],
        perform: Any,
        form: Any,
        facts: Mapping[str, object] | None = None,
    ) -> HttpResponse:
        """Ask to confirm a step: ``texts`` are title with a place for the name, explanation and button."""
        back = reverse("admin:experiments_experiment_change", args=[row.pk])
        title, text, label = texts[0].format(row=row), texts[1], texts[2]
        step = ConfirmationStep(title, text, label, back, perform, form, _EXPECTED_ERRORS, facts or {})
        return handle_confirmation(self.admin_site, request, step)


def _get_experiment(object_id: str) -> Experiment:
    rows = Experiment.objects.select_related("model_a", "model_b", "promotion__deployment")
    return get_object_or_404(rows, pk=object_id)


def _list_steps(row: Experiment) -> tuple[str, ...]:
    """Return the steps that the state allows."""
    if row.status == ExperimentStatus.DRAFT:
        return ("stage", "start") if pages.is_missing(row, "B") else ("start",)
    if row.status == ExperimentStatus.RUNNING:
        return ("change_split", "conclude", "stop")
    if can_roll_back(row):
        return ("roll_back",)
    may_ship = row.status == ExperimentStatus.CONCLUDED and row.promotion_id is None
    return ("ship",) if may_ship else ()
