"""The history page: the comparisons of a user, by filters, or those of one pair.

Filters and page travel in the URL; the two names of a pair travel in a request body only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.api.paging import fetch_page
from accounts.auth.current_user import get_current_user
from accounts.dates import format_day
from accounts.models import User
from matching.api.review_serializers import serialize_review
from matching.compare.available_profiles import get_available_profiles
from matching.compare.language import show_text
from matching.engine import MAX_NAME_LENGTH
from matching.models import Prediction, ReviewDecision, ReviewStatus, SavedFilter, VerdictChoice
from matching.models.prediction import PredictionQuerySet
from matching.pages import presenter
from matching.pages.presenter import VerdictBadge
from matching.pair_digest import compute_pair_digest
from matters.models import Matter
from matters.service import list_matters_of_scope
from matters.wall import Scope, read_scope

PAGE_SIZE = 25
MAX_OF_PAIR = 100
"""Comparisons of one pair that are shown, newest first."""
MAX_EARLIER = 5
"""Earlier comparisons of a pair beside an answer."""


def _list_profiles() -> list[tuple[str, str]]:
    """Return the choices of the profile filter, read when a form is built: an installation chooses them."""
    return [
        ("", gettext("Every profile")),
        *((id_, show_text(item.title)) for id_, item in get_available_profiles().items()),
    ]


class HistoryForm(forms.Form):
    """Filters of the history; every one may be left out. Days are days of UTC."""

    verdict = forms.ChoiceField(
        label=_("Verdict"), required=False, choices=[("", _("Every verdict")), *VerdictChoice.choices]
    )
    profile = forms.ChoiceField(label=_("Profile"), required=False, choices=_list_profiles)
    review_status = forms.ChoiceField(
        label=_("Review"), required=False, choices=[("", _("Every status")), *ReviewStatus.choices]
    )
    created_from = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    created_to = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    matter = forms.ModelChoiceField(
        Matter.objects.none(),
        required=False,
        label=_("Matter"),
        empty_label=_("Any or none"),
    )

    def __init__(self, data: Any = None, matters: Sequence[Matter] = ()) -> None:
        super().__init__(data)
        if matters:
            chosen: Any = self.fields["matter"]
            chosen.queryset = Matter.objects.filter(pk__in=[row.pk for row in matters])
            chosen.choices = [("", chosen.empty_label), *((row.pk, row.reference) for row in matters)]
        else:
            del self.fields["matter"]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        first, last = (self.cleaned_data.get(name) for name in ("created_from", "created_to"))
        if first and last and last < first:
            self.add_error("created_to", _("The period ends before it begins."))
        return self.cleaned_data

    def build_filters(self) -> dict[str, Any]:
        """Return the arguments of `PredictionQuerySet.filter_by`; both days are included."""
        first, last = self.cleaned_data["created_from"], self.cleaned_data["created_to"]
        return {
            **{name: self.cleaned_data[name] for name in ("verdict", "profile", "review_status")},
            "matter": self.cleaned_data.get("matter"),
            "created_from": first and datetime.combine(first, time(), UTC),
            "created_to": last and datetime.combine(last + timedelta(days=1), time(), UTC),
        }


class SavedFilterLink(NamedTuple):
    """A saved filter with what it chooses, in words."""

    pk: int
    query: str
    label: str


def build_query(form: HistoryForm) -> str:
    """Return the choices of a valid form as an address has them; empty when it chooses nothing."""
    chosen = {name: str(value) for name, value in form.cleaned_data.items() if value}
    return urlencode(chosen)


def list_saved_filters(user: User) -> list[SavedFilterLink]:
    """Return the user's saved filters; one whose choices no longer exist is left out."""
    rows = [(row, HistoryForm(QueryDict(row.query))) for row in SavedFilter.objects.filter(user=user)]
    return [SavedFilterLink(row.pk, row.query, _describe(form)) for row, form in rows if form.is_valid()]


def _describe(form: HistoryForm) -> str:
    """Return the choices of a valid form in words, for example "Material, from 1 Nov 2026"."""
    words = []
    for name, value in form.cleaned_data.items():
        field = form.fields[name]
        if value and isinstance(field, forms.ChoiceField):
            words.append(str(dict(field.choices)[value]))  # type: ignore[arg-type]
        elif value:
            words.append(f"{str(field.label).lower()} {format_day(value)}")
    return ", ".join(words)


class PairForm(forms.Form):
    """The two names whose comparisons are looked for, exactly as they were compared, in either order."""

    name1 = forms.CharField(label=_("Name A"), max_length=MAX_NAME_LENGTH, strip=False)
    name2 = forms.CharField(label=_("Name B"), max_length=MAX_NAME_LENGTH, strip=False)


class CursorForm(forms.Form):
    """The page of the history: comparisons before this one."""

    before = forms.UUIDField(required=False)


class HistoryRow(NamedTuple):
    """One comparison in a list; ``decision`` is the badge of what reviewers decided, if they have."""

    prediction: Prediction
    verdict: VerdictBadge
    profile: str
    review: str
    decision: VerdictBadge | None


class EarlierComparison(NamedTuple):
    """An earlier comparison of the same pair; ``has_changed``: same profile, another verdict."""

    row: HistoryRow
    has_changed: bool


@never_cache
@sensitive_post_parameters("name1", "name2")
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def show_history(request: HttpRequest) -> HttpResponse:
    """Show the user's own comparisons, newest first; posted names select those of one pair."""
    user = get_current_user(request)
    scope = read_scope(user)
    own, matters = Prediction.objects.visible_to(user, scope), list_matters_of_scope(scope)
    listed = own.for_listing().with_review()
    show = _show_pair if request.method == "POST" else _show_list
    return show(request, listed, matters)


def list_earlier(prediction: Prediction, user: User, scope: Scope) -> list[EarlierComparison]:
    """Return the user's newest comparisons of the same pair before this one; none once the pair is erased."""
    if not prediction.pair_digest:
        return []
    own = Prediction.objects.visible_to(user, scope).for_listing().with_review().defer("name1", "name2")
    before = _filter_by_pair(own, prediction.name1, prediction.name2).filter(pk__lt=prediction.pk)
    return [
        EarlierComparison(
            row, row.prediction.profile == prediction.profile and row.verdict.id != prediction.verdict
        )
        for row in build_rows(before[:MAX_EARLIER])
    ]


def build_rows(predictions: Iterable[Prediction]) -> list[HistoryRow]:
    """Return what a list shows of each prediction; model and review must have been joined."""
    return [_build_row(prediction) for prediction in predictions]


def _build_row(prediction: Prediction) -> HistoryRow:
    review = serialize_review(prediction)
    decision = review["verdict"]
    return HistoryRow(
        prediction,
        presenter.get_verdict_badge(prediction.verdict),
        presenter.get_profile_choice(prediction.profile)["title"],
        str((ReviewDecision(decision) if decision else ReviewStatus(review["status"])).label),
        presenter.get_verdict_badge(decision) if decision in VerdictChoice.values else None,
    )


def _show_list(request: HttpRequest, own: PredictionQuerySet, matters: Sequence[Matter]) -> HttpResponse:
    form, cursor = HistoryForm(request.GET, matters), CursorForm(request.GET)
    if not (form.is_valid() and cursor.is_valid()):
        return _render(request, form, PairForm(), {}, 422)
    rows, older = fetch_page(own.filter_by(**form.build_filters()), PAGE_SIZE, cursor.cleaned_data["before"])
    query = request.GET.copy()
    query["before"] = older or ""
    context = {
        "rows": build_rows(rows),
        "older": query.urlencode() if older else "",
        "savable": build_query(form),
        "is_filtered": any(form.cleaned_data.values()),
        "is_first": not cursor.cleaned_data["before"],
    }
    return _render(request, form, PairForm(), context)


def _show_pair(request: HttpRequest, own: PredictionQuerySet, matters: Sequence[Matter]) -> HttpResponse:
    pair, form = PairForm(request.POST), HistoryForm(matters=matters)
    if not pair.is_valid():
        return _render(request, form, pair, {}, 422)
    found = _filter_by_pair(own, pair.cleaned_data["name1"], pair.cleaned_data["name2"])[:MAX_OF_PAIR]
    context = {"rows": build_rows(found), "is_filtered": True, "is_pair": True}
    return _render(request, form, pair, context)


def _filter_by_pair(own: PredictionQuerySet, name1: str, name2: str) -> PredictionQuerySet:
    return own.filter(pair_digest__in=[compute_pair_digest(name1, name2), compute_pair_digest(name2, name1)])


def _render(
    request: HttpRequest, form: HistoryForm, pair: PairForm, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    saved = list_saved_filters(get_current_user(request))
    shown = {"form": form, "pair": pair, "saved": saved, "is_first": True, **context}
    return render(request, "matching/history.html", shown, status=status)
