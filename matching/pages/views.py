"""The compare page and the page of a stored answer. Names travel in bodies only, never in an address."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts.auth.throttles import apply_rate_limit
from accounts.models import User
from matching.api.serializers import DISCLAIMER, CompareRequestSerializer, serialize_prediction
from matching.compare.all_profiles import compare_other_profiles
from matching.compare.request import load_context
from matching.compare.service import compare_and_store
from matching.engine import EngineError
from matching.engine.text.tokenise import tokenise_name
from matching.models import Prediction
from matching.pages import diff, presenter

FORM_DEFAULTS = {
    "name1": "",
    "name2": "",
    "profile": "general",
    "kind": "auto",
    "jurisdiction1": "",
    "jurisdiction2": "",
    "register": "",
}
"""What the form asks, with what it begins with."""

_LINE_BREAKS = re.compile(r"[\r\n]+")
_NAME_FIELDS = ("name1", "name2")
_JURISDICTION_ERROR = "Use a country or state code, such as DE or US-DE."


@never_cache
@sensitive_post_parameters()
@login_required
@permission_required("matching.add_prediction", raise_exception=True)
def compare_page(request: HttpRequest) -> HttpResponse:
    """Show the form; compare what is posted and lead to the stored answer."""
    if request.method != "POST":
        return _render_form(request, FORM_DEFAULTS)
    given = _read_form(request)
    if "swap" in request.POST:
        return _render_form(request, _swap_names(given))
    return _compare_and_redirect(request, given)


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def show_prediction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one of the person's own answers with everything that explains it."""
    prediction = _get_own_prediction(request, pk)
    given = serialize_prediction(prediction)
    asked = _restore_form(prediction)
    context = {
        "prediction": prediction,
        "answer": given,
        "form": asked,
        "errors": {},
        **_build_choices(asked),
    }
    return render(request, "matching/answer.html", {**context, **_build_explanation(prediction, given)})


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def show_prediction_json(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Return one of the person's own answers as the API gives it."""
    return JsonResponse(
        serialize_prediction(_get_own_prediction(request, pk)),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )


def _get_own_prediction(request: HttpRequest, pk: UUID) -> Prediction:
    own = Prediction.objects.for_user(cast(User, request.user)).with_model()
    return get_object_or_404(own, pk=pk)


def _read_form(request: HttpRequest) -> dict[str, str]:
    """Return what was posted; a line break, which no name holds, counts as a space."""
    given = {field: request.POST.get(field, default) for field, default in FORM_DEFAULTS.items()}
    return {field: _LINE_BREAKS.sub(" ", value) for field, value in given.items()}


def _swap_names(given: dict[str, str]) -> dict[str, str]:
    turned = {"name1": "name2", "name2": "name1"}
    return {
        **given,
        "name1": given["name2"],
        "name2": given["name1"],
        "jurisdiction1": given["jurisdiction2"],
        "jurisdiction2": given["jurisdiction1"],
        "register": turned.get(given["register"], ""),
    }


def _compare_and_redirect(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    user = cast(User, request.user)
    decision = apply_rate_limit(f"user:{user.pk}")
    if not decision.allowed:
        wait = max(1, round(decision.wait_seconds))
        response = _render_form(
            request, given, {"form": f"Too many comparisons; try again in {wait} s."}, 429
        )
        response["Retry-After"] = str(wait)
        return response
    serializer = CompareRequestSerializer(data={**given, **_read_optional_fields(given)})
    if errors := _validate_form(given, serializer):
        return _render_form(request, given, errors, 422)
    try:
        answered = compare_and_store(user, serializer.to_request())
    except EngineError as error:
        return _render_form(request, given, {"form": str(error)}, 422)
    return redirect("answer-page", pk=answered.prediction.pk)


def _read_optional_fields(given: dict[str, str]) -> dict[str, str | None]:
    """Return the optional fields, upper case, ``None`` where nothing was said."""
    places = {field: given[field].strip().upper() or None for field in ("jurisdiction1", "jurisdiction2")}
    return {**places, "register": given["register"] or None}


def _validate_form(given: dict[str, str], serializer: CompareRequestSerializer) -> dict[str, str]:
    """Return what is wrong with each field, in words for its place beside the field."""
    serializer.is_valid()
    errors = {field: str(messages[0]) for field, messages in serializer.errors.items()}
    errors.update({field: _JURISDICTION_ERROR for field in errors if field.startswith("jurisdiction")})
    return {**errors, **{field: text for field in _NAME_FIELDS if (text := _check_name(given[field]))}}


def _check_name(name: str) -> str:
    """Say why the engine cannot read a name, or nothing."""
    if not name.strip():
        return "Enter a name."
    try:
        tokenise_name(name)
    except EngineError as error:
        return str(error)
    return ""


def _render_form(
    request: HttpRequest, given: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": given, "errors": errors or {}, **_build_choices(given)}
    return render(request, "matching/compare.html", context, status=status)


def _build_choices(given: dict[str, str]) -> dict[str, Any]:
    return {
        "profiles": presenter.list_profile_choices(),
        "kinds": presenter.get_kind_labels(),
        "more_given": any(given[field] for field in ("jurisdiction1", "jurisdiction2", "register")),
    }


def _restore_form(prediction: Prediction) -> dict[str, str]:
    """Return the form as it was when the stored pair was compared, except that the kind is now known."""
    context = load_context(prediction)
    return {
        "name1": prediction.name1,
        "name2": prediction.name2,
        "profile": prediction.profile,
        "kind": prediction.kind,
        "jurisdiction1": context.jurisdiction_left or "",
        "jurisdiction2": context.jurisdiction_right or "",
        "register": {"left": "name1", "right": "name2"}.get(context.register or "", ""),
    }


def _build_explanation(prediction: Prediction, given: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows beside the answer itself; of an erased pair only what holds no name."""
    judged = presenter.get_verdict_badge(prediction.verdict)
    shown = {
        "verdict": judged,
        "reason": presenter.write_reason(judged, given["reason"]),
        "profile": presenter.get_profile_choice(prediction.profile),
        "confidence": presenter.format_percent(given["confidence"]),
        "rows": presenter.build_difference_rows(given["differences"]),
        "bars": presenter.build_bars(given["contributions"]),
        "decided": presenter.describe_decider(given["decided_by"], judged.id),
        "leaning": presenter.describe_leaning(judged.id, given["prediction"], given["confidence"]),
        "disclaimer": DISCLAIMER,
    }
    if prediction.erased_at:
        return shown
    columns = diff.build_columns(prediction.name1, prediction.name2, given["differences"])
    return {
        **shown,
        "columns": columns,
        "marks": [mark for mark in diff.DiffMark if mark.sign],
        "deceiving": presenter.find_deceptive_characters(columns),
        "directions": (
            presenter.get_text_direction(prediction.name1),
            presenter.get_text_direction(prediction.name2),
        ),
        "parts": presenter.build_part_rows(given["name1"], given["name2"]),
        "outlook": [
            (presenter.get_verdict_badge(line.verdict), line) for line in compare_other_profiles(prediction)
        ],
    }
