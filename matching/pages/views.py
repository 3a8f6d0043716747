"""Views of the comparison page and of one prediction. Names travel in request bodies, never in a URL."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.exceptions import ValidationError

from accounts.auth.current_user import get_current_user
from accounts.encryption.cookies import read_encrypted_cookie, set_encrypted_cookie
from accounts.models import User
from matching.api.serializers import DISCLAIMER, CompareRequestSerializer, serialize_reviewed_prediction
from matching.compare.all_profiles import compare_other_profiles
from matching.compare.language import show_text
from matching.compare.request import load_context, load_request
from matching.compare.service import compare_and_store
from matching.engine import MAX_NAME_LENGTH, EngineError
from matching.engine.text.tokenise import tokenise_name
from matching.models import Prediction, PredictionSource
from matching.pages import diff, history, presenter, reviews
from matching.pages.changes import list_changes
from matching.pages.comparison_limit import ComparisonLimitError, take_comparison
from matching.pages.shared_text import split_names
from matters.api.fields import describe_matter, read_matter
from matters.service import list_open_choices
from matters.wall import Scope, read_scope

FORM_DEFAULTS = {
    "name1": "",
    "name2": "",
    "profile": "general",
    "kind": "auto",
    "jurisdiction1": "",
    "jurisdiction2": "",
    "register": "",
    "matter": "",
}
"""Fields of the form with their initial values."""

_MATTER_KEY = "matter"
"""Session key of the matter that the user compared in last."""

_LINE_BREAKS = re.compile(r"[\r\n]+")
_NAME_FIELDS = ("name1", "name2")
_SHARED_COOKIE, _SHARED_SECONDS = "shared-text", 600
"""Where the text that another app shared waits while somebody signs in, and how long."""

_JURISDICTION_ERROR = gettext_noop("Use a country or state code, such as DE or US-DE.")


@never_cache
@sensitive_post_parameters()
@login_required
def compare_page(request: HttpRequest) -> HttpResponse:
    """Show the form; compare posted names and redirect to the stored prediction.

    Staff whose role compares nothing are led to the start of their role.
    """
    user = get_current_user(request)
    if not user.has_perm("matching.add_prediction"):
        if request.method == "GET" and user.is_staff:
            return redirect(settings.LOGIN_REDIRECT_URL)
        raise PermissionDenied
    if request.method != "POST":
        return _render_form(request, {**FORM_DEFAULTS, "matter": _find_chosen_matter(request)})
    form = _read_form(request)
    if "swap" in request.POST:
        return _render_form(request, _swap_names(form))
    return _compare_and_redirect(request, form)


@csrf_exempt  # another app sends it; it only fills the form
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def fill_form(request: HttpRequest) -> HttpResponse:
    """Show the form with the names in a text that another app shared; nothing is compared or stored.

    Who is not signed in is asked to, and comes back here with the text.
    """
    if not request.user.is_authenticated:
        return _keep_until_sign_in(request)
    if not request.user.has_perm("matching.add_prediction"):
        raise PermissionDenied
    kept = read_encrypted_cookie(request, _SHARED_COOKIE, _SHARED_SECONDS)
    text = _read_shared_text(request) if request.method == "POST" else kept
    if text is None:
        messages.info(
            request, gettext("The shared text was not kept through the sign-in. Please share it again.")
        )
        return redirect("compare-page")
    name1, name2 = (name[:MAX_NAME_LENGTH] for name in split_names(text))
    response = _render_form(request, {**FORM_DEFAULTS, "name1": name1, "name2": name2})
    response.delete_cookie(_SHARED_COOKIE, path=reverse("share-page"))
    return response


def _keep_until_sign_in(request: HttpRequest) -> HttpResponse:
    """Return the redirect to the sign-in, with the shared text in a cookie of the browser."""
    response = redirect_to_login(reverse("share-page"))
    if request.method == "POST":
        names = "\n".join(name[:MAX_NAME_LENGTH] for name in split_names(_read_shared_text(request)))
        set_encrypted_cookie(response, _SHARED_COOKIE, names, reverse("share-page"), _SHARED_SECONDS)
    return response


def _read_shared_text(request: HttpRequest) -> str:
    return request.POST.get("text", "") or request.POST.get("title", "")


@never_cache
@require_POST
@login_required
@permission_required("matching.add_prediction", raise_exception=True)
def compare_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask one of the user's own comparisons again under the rules of today, and show what changed."""
    user = get_current_user(request)
    earlier = _get_own_prediction(user, pk)
    if earlier.erased_at:
        messages.error(request, gettext("The names were erased, so they cannot be compared again."))
        return redirect("answer-page", pk=pk)
    try:
        take_comparison(user)
        matter = read_matter(user, str(earlier.matter_id or ""))
        again = compare_and_store(user, load_request(earlier), PredictionSource.PAGE, matter)
    except ValidationError as error:
        messages.error(request, describe_matter(error))
        return redirect("answer-page", pk=pk)
    except ComparisonLimitError as refusal:
        messages.error(request, str(refusal))
        return redirect("answer-page", pk=pk)
    except EngineError as error:
        messages.error(request, show_text(str(error)))
        return redirect("answer-page", pk=pk)
    return redirect(f"{reverse('answer-page', args=[again.pk])}?since={earlier.pk}")


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def show_prediction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one of the user's own predictions with its explanation."""
    user = get_current_user(request)
    scope = read_scope(user)
    prediction = _get_own_prediction(user, pk, scope)
    answer = serialize_reviewed_prediction(prediction)
    form = _restore_form(prediction)
    context = {
        "prediction": prediction,
        "answer": answer,
        "form": form,
        "errors": {},
        **_build_choices(form, scope),
        **_build_changes(request, prediction, answer, scope),
    }
    return render(
        request,
        "matching/answer.html",
        {**context, **_build_explanation(prediction, answer, user, scope)},
    )


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def show_prediction_json(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Return one of the user's own predictions as the API returns it."""
    return JsonResponse(
        serialize_reviewed_prediction(_get_own_prediction(get_current_user(request), pk)),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )


def _find_chosen_matter(request: HttpRequest) -> str:
    """Return the id of the matter that the address names, else of the last one; empty for none."""
    return request.GET.get("matter") or str(request.session.get(_MATTER_KEY, ""))


def _get_own_prediction(user: User, pk: UUID, scope: Scope | None = None) -> Prediction:
    own = Prediction.objects.visible_to(user, scope).with_model().with_review()
    return get_object_or_404(own, pk=pk)


def _build_changes(
    request: HttpRequest, prediction: Prediction, answer: dict[str, Any], scope: Scope
) -> dict[str, Any]:
    """Return what changed since the comparison that the address names: an earlier one of this question."""
    try:
        since = UUID(request.GET.get("since", ""))
    except ValueError:
        return {}
    own = Prediction.objects.visible_to(get_current_user(request), scope).with_model().with_review()
    same = {"pair_digest": prediction.pair_digest, "profile": prediction.profile, "erased_at": None}
    earlier = own.filter(pk=since, pk__lt=prediction.pk, **same).first()
    if earlier is None or not prediction.pair_digest:
        return {}
    return {"since": earlier, "changes": list_changes(serialize_reviewed_prediction(earlier), answer)}


def _read_form(request: HttpRequest) -> dict[str, str]:
    """Return the posted fields; line breaks, which no name contains, become spaces."""
    form = {field: request.POST.get(field, default) for field, default in FORM_DEFAULTS.items()}
    return {field: _LINE_BREAKS.sub(" ", value) for field, value in form.items()}


def _swap_names(form: dict[str, str]) -> dict[str, str]:
    swapped = {"name1": "name2", "name2": "name1"}
    return {
        **form,
        "name1": form["name2"],
        "name2": form["name1"],
        "jurisdiction1": form["jurisdiction2"],
        "jurisdiction2": form["jurisdiction1"],
        "register": swapped.get(form["register"], ""),
    }


def _compare_and_redirect(request: HttpRequest, form: dict[str, str]) -> HttpResponse:
    user = cast(User, request.user)
    try:
        take_comparison(user)
    except ComparisonLimitError as refusal:
        response = _render_form(request, form, {"form": str(refusal)}, 429)
        response["Retry-After"] = str(refusal.wait_seconds)
        return response
    serializer = CompareRequestSerializer(data={**form, **_read_optional_fields(form)})
    if errors := _validate_form(form, serializer):
        return _render_form(request, form, errors, 422)
    try:
        matter = read_matter(user, form["matter"])
        prediction = compare_and_store(user, serializer.to_request(), PredictionSource.PAGE, matter)
    except ValidationError as error:
        return _render_form(request, form, {"matter": describe_matter(error)}, 422)
    except EngineError as error:
        return _render_form(request, form, {"form": show_text(str(error))}, 422)
    if request.session.get(_MATTER_KEY, "") != form["matter"]:
        request.session[_MATTER_KEY] = form["matter"]
    return redirect("answer-page", pk=prediction.pk)


def _read_optional_fields(form: dict[str, str]) -> dict[str, str | None]:
    """Return the optional fields, jurisdictions in upper case; ``None`` for an empty field."""
    places = {field: form[field].strip().upper() or None for field in ("jurisdiction1", "jurisdiction2")}
    return {**places, "register": form["register"] or None}


def _validate_form(form: dict[str, str], serializer: CompareRequestSerializer) -> dict[str, str]:
    """Return the error message of each invalid field."""
    serializer.is_valid()
    errors = {field: str(messages[0]) for field, messages in serializer.errors.items()}
    errors.update(
        {field: gettext(_JURISDICTION_ERROR) for field in errors if field.startswith("jurisdiction")}
    )
    return {**errors, **{field: text for field in _NAME_FIELDS if (text := _check_name(form[field]))}}


def _check_name(name: str) -> str:
    """Return why the engine cannot read a name; an empty string if it can."""
    if not name.strip():
        return gettext("Enter a name.")
    try:
        tokenise_name(name)
    except EngineError as error:
        return show_text(str(error))
    return ""


def _render_form(
    request: HttpRequest, form: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    scope = read_scope(get_current_user(request))
    context = {"form": form, "errors": errors or {}, **_build_choices(form, scope)}
    return render(request, "matching/compare.html", context, status=status)


def _build_choices(form: dict[str, str], scope: Scope) -> dict[str, Any]:
    return {
        "matters": list_open_choices(scope),
        "profiles": presenter.list_profile_choices(),
        "kinds": presenter.get_kind_labels(),
        "more_given": any(form[field] for field in ("jurisdiction1", "jurisdiction2", "register")),
    }


def _restore_form(prediction: Prediction) -> dict[str, str]:
    """Return the form of the stored comparison request; the kind is the one that was detected."""
    context = load_context(prediction)
    return {
        "name1": prediction.name1,
        "name2": prediction.name2,
        "profile": prediction.profile,
        "kind": prediction.kind,
        "jurisdiction1": context.jurisdiction_left or "",
        "jurisdiction2": context.jurisdiction_right or "",
        "register": {"left": "name1", "right": "name2"}.get(context.register or "", ""),
        "matter": str(prediction.matter_id or ""),
    }


def _build_explanation(
    prediction: Prediction, answer: dict[str, Any], user: User, scope: Scope
) -> dict[str, Any]:
    """Return the template context beside the prediction; of an erased pair only what contains no name."""
    badge = presenter.get_verdict_badge(prediction.verdict)
    context = {
        "verdict": badge,
        "reason": presenter.write_reason(badge, answer["reason"]),
        "profile": presenter.get_profile_choice(prediction.profile),
        "certainty": presenter.describe_certainty(answer),
        "certainty_hint": presenter.explain_certainty(answer),
        "rows": presenter.build_difference_rows(answer["differences"]),
        "bars": presenter.build_bars(answer["contributions"]),
        "decided": presenter.describe_decider(answer["decided_by"], badge.id),
        "disclaimer": gettext(DISCLAIMER),
        "review": answer["review"],
        "review_panel": reviews.build_review_panel(answer["review"]),
        "earlier": history.list_earlier(prediction, user, scope),
        "may_ask": reviews.may_ask_reviewer(answer["review"], prediction.erased_at is not None),
        "decision_panel": reviews.build_decision_panel(answer["review"]),
    }
    if prediction.erased_at:
        return context
    columns = diff.build_columns(prediction.name1, prediction.name2, answer["differences"])
    return {
        **context,
        "columns": columns,
        "marks": diff.ANSWER_MARKS,
        "deceiving": presenter.find_deceptive_characters(columns),
        "directions": (
            presenter.get_text_direction(prediction.name1),
            presenter.get_text_direction(prediction.name2),
        ),
        "parts": presenter.build_part_rows(answer["name1"], answer["name2"]),
        "other_profiles": [
            (presenter.get_verdict_badge(line.verdict), line) for line in compare_other_profiles(prediction)
        ],
    }
