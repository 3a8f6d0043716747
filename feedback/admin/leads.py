"""The admin pages of leads: sampling rates and quotas, precedents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
)

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
from feedback.admin.clause_links import link_clause
from feedback.models import Precedent
from matching.compare import sampling
from matching.models import ReviewPolicy, ReviewStream, join_prediction
from matters.wall import select_visible

_QUOTA_STREAMS = (ReviewStream.AUDIT, ReviewStream.UNCERTAIN, ReviewStream.DISAGREEMENT)
_RATE_LABELS = {
    "audit": gettext_lazy("Random audit, of all predictions"),
    "uncertain": gettext_lazy("Of predictions with the verdict review"),
    "disagreement": gettext_lazy("Of predictions on which two models disagree"),
    "second": gettext_lazy("Second review, of first reviews"),
    "gold": gettext_lazy("Gold items, of a reviewer's items"),
}


class PolicyForm(forms.Form):
    """Sampling rates in [0, 1], daily quotas, and the reason of the change."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        current = sampling.get_policy()
        for name, label in reversed(_RATE_LABELS.items()):
            initial = getattr(current, name)
            widget = UnfoldAdminDecimalFieldWidget()
            field = forms.FloatField(min_value=0, max_value=1, label=label, initial=initial, widget=widget)
            self.fields = {name: field, **self.fields}
        for stream in _QUOTA_STREAMS:
            self.fields[f"quota_{stream}"] = forms.IntegerField(
                min_value=0,
                required=False,
                label=gettext("Daily quota of new items: {stream}").format(stream=stream),
                initial=current.quotas.get(stream),
                widget=UnfoldAdminIntegerFieldWidget(),
            )

    def build_policy(self) -> sampling.SamplingPolicy:
        """Return the policy that the form describes."""
        data = self.cleaned_data
        quotas = {str(stream): data[f"quota_{stream}"] for stream in _QUOTA_STREAMS}
        rates = {name: data[name] for name in _RATE_LABELS}
        return sampling.SamplingPolicy(**rates, quotas={k: n for k, n in quotas.items() if n is not None})


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(ReadOnlyAdmin):
    """The history of sampling policies; the newest is in force."""

    list_display = ("set_at", "set_by", "audit_share", "second_share", "gold_share", "reason")
    list_select_related = ("set_by",)
    fields = (*list_display, "uncertain_share", "disagreement_share", "quotas")
    readonly_fields = fields
    actions = None
    actions_list = ("change_policy",)
    has_change_policy_permission = require_permission("matching.add_reviewpolicy")

    @admin_button(gettext_lazy("Change sampling rates and quotas"), "change_policy")
    def change_policy(self, request: HttpRequest) -> HttpResponse:
        """Ask for a new policy and its reason."""

        def perform(actor: User, data: Mapping[str, Any]) -> str:
            form = PolicyForm(request.POST)
            form.full_clean()
            sampling.update_policy(actor, form.build_policy(), data["reason"])
            return gettext("In force within seconds, everywhere.")

        text = gettext(
            "The random audit measures performance; do not set its rate to 0. The old policy stays below."
        )
        back = reverse("admin:matching_reviewpolicy_changelist")
        step = ConfirmationStep(
            gettext("Which predictions are reviewed?"),
            text,
            gettext("Put in force"),
            back,
            perform,
            PolicyForm,
        )
        return handle_confirmation(self.admin_site, request, step)


@admin.register(Precedent)
class PrecedentAdmin(ReadOnlyAdmin):
    """Adjudicated pairs, without their names."""

    list_display = ("__str__", "answer", "clause_link", "categories", "created_at")
    list_filter = ("profile", "kind")
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (*list_display[1:], "profile", "kind", "prediction", "withdrawn_at")
    readonly_fields = fields
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Precedent]:
        """Return the rows on the user's side of every wall."""
        rows: QuerySet[Precedent] = super().get_queryset(request)
        joined = join_prediction(rows).select_related("clause__guideline")
        return select_visible(joined, get_current_user(request))

    @admin.display(description=gettext_lazy("Decision"))
    def answer(self, row: Precedent) -> str:
        """Return the label of the decision."""
        return str(row.decision.label)

    @admin.display(description=gettext_lazy("Clause"))
    def clause_link(self, row: Precedent) -> str:
        """Return a link to the clause in the text of the version that was cited."""
        return link_clause(row.clause)
