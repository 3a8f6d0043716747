"""Admin of model versions: where they are live, how they stand beside the champion, and their metrics."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, Prefetch, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin_tools import (
    ConfirmationStep,
    ReadOnlyAdmin,
    admin_button,
    deny_everyone,
    handle_confirmation,
    require_permission,
)
from accounts.auth.step_up import step_up
from accounts.dates import format_moment
from accounts.models import User
from accounts.numbers import fill, format_number
from modelops.admin.formatting import (
    fold,
    format_rows,
    link,
    render_examination,
)
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.language import show_sentence
from modelops.models import (
    EVERY_PROFILE,
    Deployment,
    ModelMetric,
    ModelVersion,
    PromotionRequest,
    ServingRole,
    describe_profile,
    describe_role,
)
from modelops.serving.loader import ArtefactVerificationError, read_verified_artefact
from modelops.validation import gate_checks

_PRE_HTML = '<pre class="whitespace-pre-wrap">{}</pre>'
_ON_OWN_ROWS = gettext_lazy(
    "Measured once, at training, on the held-out rows of this version alone. Do not compare them with the "
    "metrics of another version, which was measured on other rows."
)


class PromotionForm(forms.Form):
    """Asks for profile, role and reason of a promotion."""

    profile = forms.CharField(
        label=gettext_lazy("Profile"),
        initial=EVERY_PROFILE,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("* stands for all profiles without a model of their own."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=ServingRole.choices, widget=UnfoldAdminSelectWidget()
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


class MetricInline(TabularInline):  # type: ignore[misc]  # the package ships no types
    """Metrics of a version, in a tab of their own."""

    model = ModelMetric
    verbose_name_plural = gettext_lazy("Raw metrics")
    fields = ("metric_name", "slice", "window", "metric_value", "n", "recorded_at")
    readonly_fields = fields
    hide_title = True
    tab = True
    extra = 0
    per_page = 20
    has_add_permission = deny_everyone
    has_change_permission = deny_everyone
    has_delete_permission = deny_everyone


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Registered versions, which never change."""

    list_display = ("name", "version", "live_as", "beside_champion", "registration_time", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("registered_by",)
    list_before_template = "admin/modelops/same_rows.html"
    search_fields = ("name", "version")
    fields = (
        "live_as",
        "registration_time",
        "registered_by",
        "training_run",
        "mlflow_run",
        "own_metrics",
        "model_card",
        "files",
    )
    readonly_fields = fields
    change_form_after_template = "admin/modelops/examination_card.html"
    inlines = (MetricInline,)
    actions = None
    actions_detail = ("examine", "ask_for_promotion", "verify_artefact")
    has_examine_permission = require_permission("modelops.request_deployment")
    has_verify_artefact_permission = require_permission("modelops.verify_modelversion")
    has_ask_for_promotion_permission = require_permission("modelops.request_deployment")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Add what is live, and the newest examination of each version, in a fixed number of queries."""
        examined = PromotionRequest.objects.filter(model=OuterRef("pk")).exclude(examination={})
        newest = examined.order_by("-requested_at").values("examination")[:1]
        live = Prefetch("deployments", queryset=Deployment.objects.live(), to_attr="live_deployments")
        rows = super().get_queryset(request).defer("card", "golden_predictions")
        return rows.annotate(newest_examination=Subquery(newest)).prefetch_related(live)

    @admin.display(description=gettext_lazy("Live as"))
    def live_as(self, version: ModelVersion) -> str:
        """Return the roles that the version has now."""
        rows: list[Deployment] = version.live_deployments  # type: ignore[attr-defined]  # prefetched above
        text = gettext("{role} for {profile}")
        named = [(describe_role(row.role), describe_profile(row.profile)) for row in rows]
        roles = "; ".join(text.format(role=role, profile=profile) for role, profile in named)
        return roles or (gettext("not live") if version.is_active else gettext("withdrawn"))

    @admin.display(description=gettext_lazy("Accuracy beside the champion, same rows"))
    def beside_champion(self, version: ModelVersion) -> str:
        """Return the newest common examination in one line."""
        return _format_comparison(getattr(version, "newest_examination", None))

    @admin.display(description=gettext_lazy("Registered"), ordering="created_at")
    def registration_time(self, version: ModelVersion) -> str:
        """Return when it was registered."""
        return format_moment(version.created_at)

    @admin.display(description=gettext_lazy("Training run"))
    def training_run(self, version: ModelVersion) -> str:
        """Return a link to the run that made it."""
        run = version.training_runs.order_by("-created_at").first()
        if run is None:
            return gettext("not trained here: shipped with the program or imported")
        return link(
            reverse("admin:modelops_trainingrun_change", args=[run.pk]), format_moment(run.created_at)
        )

    @admin.display(description=gettext_lazy("MLflow run"))
    def mlflow_run(self, version: ModelVersion) -> str:
        """Return the run id under which MLflow has its files."""
        return version.mlflow_run_id or "-"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the newest examination of the version."""
        version = self.get_object(request, object_id)
        context = {**(extra_context or {}), "examination_html": _render_newest(version) if version else ""}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("Raw metrics at training"))
    def own_metrics(self, version: ModelVersion) -> SafeString:
        """Return the metrics at registration, folded, with the rows they were measured on."""
        held_out = version.metrics.get("held_out") or version.metrics.get("pairs")
        summary = fill(
            gettext("{number} metrics on its own {held_out:,.0f} held-out pairs"),
            number=len(version.metrics),
            held_out=held_out or 0,
        )
        return fold(summary, format_html("<p>{}</p>{}", _ON_OWN_ROWS, format_rows(version.metrics)))

    @admin.display(description=gettext_lazy("Model card"))
    def model_card(self, version: ModelVersion) -> str:
        """Return the model card, folded."""
        return fold(gettext("Model card"), format_html(_PRE_HTML, version.card)) if version.card else "-"

    @admin.display(description=gettext_lazy("Files and training data"))
    def files(self, version: ModelVersion) -> SafeString:
        """Return digests, libraries and sources of training pairs, folded."""
        rows = {
            gettext("SHA-256 of the artefact"): version.artefact_id,
            gettext("Feature schema"): version.schema_hash,
            **{
                gettext("Library {name}").format(name=name): value
                for name, value in version.libraries.items()
            },
            **{
                gettext("Training pairs, {name}").format(name=name): _format_dataset(row)
                for name, row in version.datasets.items()
            },
        }
        return fold(gettext("Digests, libraries and sources of pairs"), format_rows(rows))

    @admin_button(gettext_lazy("Examine beside the champion"), "examine")
    def examine(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Score this version and the champion on the same rows and show the result; stores nothing."""
        version = get_object_or_404(ModelVersion, pk=object_id)
        result = gate_checks.examine_version(version, EVERY_PROFILE)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("{version} beside the champion").format(version=version),
            "panel": render_examination(version, result.gates, result.comparison),
            "back_url": reverse("admin:modelops_modelversion_change", args=[version.pk]),
        }
        return TemplateResponse(request, "admin/modelops/examined.html", context)

    @admin_button(gettext_lazy("Request promotion"), "ask_for_promotion")
    @step_up
    def ask_for_promotion(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Request that this version be made live; another person approves."""
        version = get_object_or_404(ModelVersion, pk=object_id)

        def perform(actor: User, cleaned: Any) -> str:
            slot = cleaned["profile"], cleaned["role"]
            created = promotion.request_promotion(version, *slot, cleaned["reason"], actor)
            return gettext("Requested {created}. Another person must approve it now.").format(created=created)

        text = gettext("Nothing changes until a second person approves.")
        back = reverse("admin:modelops_modelversion_change", args=[version.pk])
        title = gettext("Request promotion of {version}").format(version=version)
        errors = (PromotionError, ArtefactVerificationError)
        return handle_confirmation(
            self.admin_site,
            request,
            ConfirmationStep(title, text, gettext("Request"), back, perform, PromotionForm, errors),
        )

    @admin_button(gettext_lazy("Verify artefact"), "verify_artefact")
    def verify_artefact(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Check the stored bytes against both digests and show the result."""
        version = get_object_or_404(ModelVersion.objects.select_related("artefact"), pk=object_id)
        try:
            size = len(read_verified_artefact(version))
            messages.success(
                request,
                fill(gettext("{version}: {size:,} bytes, as registered."), version=version, size=size),
            )
        except ArtefactVerificationError as error:
            messages.error(request, show_sentence(str(error)))
        return redirect("admin:modelops_modelversion_change", version.pk)


def _render_newest(version: ModelVersion) -> str:
    """Return gates and measures of the newest promotion request of a version."""
    newest = version.requests.exclude(examination={}).order_by("-requested_at").first()
    if newest is None:
        return gettext("Not examined yet. “Examine beside the champion” does it now, without a request.")
    address = reverse("admin:modelops_promotionrequest_change", args=[newest.pk])
    head = link(
        address, gettext("Promotion request of {moment}").format(moment=format_moment(newest.requested_at))
    )
    return head + render_examination(version, newest.gates, newest.examination)


def _format_comparison(examination: dict[str, Any] | None) -> str:
    """Return the accuracy of an examination in one line, with the champion and the rows."""
    measures = (examination or {}).get("measures", ())
    measure = next((row for row in measures if row["title"] == "Accuracy"), None)
    if measure is None or examination is None:
        return gettext("not examined yet")
    own = format_number(measure["candidate"], ".3f")
    if measure["champion"] is None:
        return fill(gettext("{own}, without a champion, on {n:,} rows"), own=own, n=measure["n"])
    against = fill(
        gettext("against {champion:.3f} of {champion2}"),
        champion=measure["champion"],
        champion2=examination["champion"],
    )
    return fill(
        gettext("{own} {against} ({difference:+.3f}) on {n:,} rows"),
        own=own,
        against=against,
        difference=measure["difference"],
        n=measure["n"],
    )


def _format_dataset(row: Any) -> str:
    """Return how many pairs a source gave, with the beginning of their digest."""
    if not isinstance(row, dict) or "pairs" not in row:
        return str(row)
    digest = str(row.get("sha256", row.get("digest", "")))[:16]
    return f"{format_number(row['pairs'])}{f', digest {digest}...' if digest else ''}"
