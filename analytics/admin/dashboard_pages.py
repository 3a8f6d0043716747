"""The pages of dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from accounts.admin_tools import ConfirmationStep, handle_confirmation
from accounts.auth.current_user import get_current_user
from accounts.models import User
from analytics import digest
from analytics.admin.report_forms import ReportForm
from analytics.admin.report_pages import REPORTS_PERMISSION, render_page
from analytics.dashboards.assumptions import change_assumption, get_assumption
from analytics.dashboards.executive import build_executive_page
from analytics.dashboards.review import build_review_page
from analytics.dashboards.technical import build_technical_page
from analytics.reports.people import NAMES_PERMISSION
from feedback.permissions import LEAD_PERMISSION

OPERATIONS_PERMISSION = "analytics.view_operations"
REVIEW_PERMISSION = LEAD_PERMISSION
ASSUMPTION_PERMISSION = "analytics.add_reportassumption"


class AssumptionForm(forms.Form):
    """Asks for the minutes of a comparison by hand."""

    minutes = forms.DecimalField(
        label=gettext_lazy("Minutes"),
        min_value=1,
        max_value=480,
        decimal_places=1,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("Minutes that a person needs to compare two names and write down why."),
    )


def show_executive(request: HttpRequest) -> HttpResponse:
    """Show the executive dashboard, or send it as a file."""
    show_names = request.user.has_perm(NAMES_PERMISSION)
    now = timezone.now()
    form = ReportForm(
        request.GET.dict(), now.date(), show_names, ("preset", "first", "last", "profile", "kind")
    )
    page = build_executive_page(form.get_period(), form.get_filter(), show_names, now)
    links = {}
    is_reader = digest.is_subscribed(get_current_user(request))
    title = (
        gettext("Unsubscribe from the weekly digest")
        if is_reader
        else gettext("Get a weekly digest by e-mail")
    )
    links[title] = reverse("analytics-digest")
    if request.user.has_perm(ASSUMPTION_PERMISSION):
        links[gettext("Change the assumption about hours saved")] = reverse("analytics-assumption")
    return render_page(request, page, form=form, links=links)


def show_technical(request: HttpRequest) -> HttpResponse:
    """Show the technical dashboard, or send it as a file."""
    links = {
        title: reverse(f"admin:{name}_changelist")
        for title, name, permission in (
            (gettext("Alerts"), "modelops_alert", "modelops.view_alert"),
            (gettext("Drift reports"), "modelops_driftreport", "modelops.view_driftreport"),
            (gettext("Serving processes"), "modelops_servingprocess", "modelops.view_servingprocess"),
            (gettext("Training decisions"), "modelops_trainingdecision", "modelops.view_trainingdecision"),
        )
        if request.user.has_perm(permission)
    }
    return render_page(request, build_technical_page(timezone.now()), links=links)


def show_review(request: HttpRequest) -> HttpResponse:
    """Show the review dashboard of a lead, or send it as a file."""
    now = timezone.now()
    form = ReportForm(request.GET.dict(), now.date(), True, ("preset", "first", "last"))
    links = {
        gettext("Review items"): reverse("admin:feedback_reviewitem_changelist"),
        gettext("Review quality"): reverse("admin:review-quality-team"),
    }
    return render_page(request, build_review_page(form.get_period(), now), form=form, links=links)


def ask_for_assumption(request: HttpRequest) -> HttpResponse:
    """Ask for other minutes of a comparison by hand, and assume them from now on."""

    def perform(actor: User, cleaned: Mapping[str, Any]) -> str:
        return gettext("Assumed from now on: {minutes}.").format(
            minutes=change_assumption(cleaned["minutes"], actor)
        )

    text = gettext("Hours saved are the comparisons that were decided without a person times these minutes.")
    facts = {gettext("In force"): get_assumption().note}
    back = reverse("analytics-executive")
    step = ConfirmationStep(
        gettext("How long does a comparison by hand take?"),
        text,
        gettext("Assume"),
        back,
        perform,
        AssumptionForm,
        (),
        facts,
    )
    return handle_confirmation(admin.site, request, step)


def change_subscription(request: HttpRequest) -> HttpResponse:
    """Ask whether to subscribe to the weekly digest, or to unsubscribe, and do it."""
    is_reader = digest.is_subscribed(get_current_user(request))

    def perform(actor: User, _cleaned: Mapping[str, Any]) -> str:
        if is_reader:
            digest.unsubscribe(actor)
            return gettext("You get no weekly digest any more.")
        digest.subscribe(actor)
        return gettext("The figures of every week go to {email}.").format(email=actor.email)

    title, label = gettext("Get a weekly digest by e-mail?"), gettext("Subscribe")
    if is_reader:
        title, label = gettext("Unsubscribe from the weekly digest?"), gettext("Unsubscribe")
    text = gettext(
        "Every Monday, the figures of this dashboard for the week before, without names of clients."
    )
    if not settings.EMAIL_HOST:
        text += gettext(
            " This installation has no mail server yet (EMAIL_HOST), so nothing is sent before it has."
        )
    back = reverse("analytics-executive")
    return handle_confirmation(admin.site, request, ConfirmationStep(title, text, label, back, perform))


protected_subscription: Any = admin.site.admin_view(
    permission_required(REPORTS_PERMISSION, raise_exception=True)(change_subscription)
)
protected_assumption: Any = admin.site.admin_view(
    permission_required(ASSUMPTION_PERMISSION, raise_exception=True)(ask_for_assumption)
)
