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

from accounts.models import User
from accounts.throttles import admit
from matching import diff, display
from matching.engine import EngineError
from matching.engine.text import tokenise_name
from matching.models import Prediction
from matching.outlook import context_of, outlook
from matching.serializers import DISCLAIMER, QuestionSerializer, stored_answer
from matching.services import compare

FIELDS = {
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
_NAMES = ("name1", "name2")
_JURISDICTION = "Use a country or state code, such as DE or US-DE."


@never_cache
@sensitive_post_parameters()
@login_required
@permission_required("matching.add_prediction", raise_exception=True)
def compare_page(request: HttpRequest) -> HttpResponse:
    """Show the form; compare what is posted and lead to the stored answer."""
    if request.method != "POST":
        return _form(request, FIELDS)
    given = _given(request)
    if "swap" in request.POST:
        return _form(request, _swapped(given))
    return _compared(request, given)


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def answer_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one of the person's own answers with everything that explains it."""
    prediction = _own(request, pk)
    given = stored_answer(prediction)
    asked = _asked(prediction)
    context = {"prediction": prediction, "answer": given, "form": asked, "errors": {}, **_choices(asked)}
    return render(request, "matching/answer.html", {**context, **_explained(prediction, given)})


@never_cache
@login_required
@permission_required("matching.view_prediction", raise_exception=True)
@require_safe
def answer_json(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Return one of the person's own answers as the API gives it."""
    return JsonResponse(
        stored_answer(_own(request, pk)), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )


def _own(request: HttpRequest, pk: UUID) -> Prediction:
    own = Prediction.objects.of(cast(User, request.user)).with_model()
    return get_object_or_404(own, pk=pk)


def _given(request: HttpRequest) -> dict[str, str]:
    """Return what was posted; a line break, which no name holds, counts as a space."""
    given = {field: request.POST.get(field, default) for field, default in FIELDS.items()}
    return {field: _LINE_BREAKS.sub(" ", value) for field, value in given.items()}


def _swapped(given: dict[str, str]) -> dict[str, str]:
    turned = {"name1": "name2", "name2": "name1"}
    return {
        **given,
        "name1": given["name2"],
        "name2": given["name1"],
        "jurisdiction1": given["jurisdiction2"],
        "jurisdiction2": given["jurisdiction1"],
        "register": turned.get(given["register"], ""),
    }


def _compared(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    user = cast(User, request.user)
    decision = admit(f"user:{user.pk}")
    if not decision.allowed:
        wait = max(1, round(decision.wait))
        response = _form(request, given, {"form": f"Too many comparisons; try again in {wait} s."}, 429)
        response["Retry-After"] = str(wait)
        return response
    serializer = QuestionSerializer(data={**given, **_unsaid(given)})
    if errors := _errors(given, serializer):
        return _form(request, given, errors, 422)
    try:
        answered = compare(user, serializer.question())
    except EngineError as error:
        return _form(request, given, {"form": str(error)}, 422)
    return redirect("answer-page", pk=answered.prediction.pk)


def _unsaid(given: dict[str, str]) -> dict[str, str | None]:
    """Return the optional fields, upper case, ``None`` where nothing was said."""
    places = {field: given[field].strip().upper() or None for field in ("jurisdiction1", "jurisdiction2")}
    return {**places, "register": given["register"] or None}


def _errors(given: dict[str, str], serializer: QuestionSerializer) -> dict[str, str]:
    """Return what is wrong with each field, in words for its place beside the field."""
    serializer.is_valid()
    errors = {field: str(messages[0]) for field, messages in serializer.errors.items()}
    errors.update({field: _JURISDICTION for field in errors if field.startswith("jurisdiction")})
    return {**errors, **{field: text for field in _NAMES if (text := _unreadable(given[field]))}}


def _unreadable(name: str) -> str:
    """Say why the engine cannot read a name, or nothing."""
    if not name.strip():
        return "Enter a name."
    try:
        tokenise_name(name)
    except EngineError as error:
        return str(error)
    return ""


def _form(
    request: HttpRequest, given: dict[str, str], errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": given, "errors": errors or {}, **_choices(given)}
    return render(request, "matching/compare.html", context, status=status)


def _choices(given: dict[str, str]) -> dict[str, Any]:
    return {
        "profiles": display.profile_choices(),
        "kinds": display.kinds(),
        "more_given": any(given[field] for field in ("jurisdiction1", "jurisdiction2", "register")),
    }


def _asked(prediction: Prediction) -> dict[str, str]:
    """Return the form as it was when the stored pair was compared, except that the kind is now known."""
    context = context_of(prediction)
    return {
        "name1": prediction.name1,
        "name2": prediction.name2,
        "profile": prediction.profile,
        "kind": prediction.kind,
        "jurisdiction1": context.jurisdiction_left or "",
        "jurisdiction2": context.jurisdiction_right or "",
        "register": {"left": "name1", "right": "name2"}.get(context.register or "", ""),
    }


def _explained(prediction: Prediction, given: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows beside the answer itself; of an erased pair only what holds no name."""
    judged = display.verdict(prediction.verdict)
    shown = {
        "verdict": judged,
        "reason": display.sentence(judged, given["reason"]),
        "profile": display.profile_of(prediction.profile),
        "confidence": display.percent(given["confidence"]),
        "rows": display.rows(given["differences"]),
        "bars": display.bars(given["contributions"]),
        "decided": display.decided_by(given["decided_by"], judged.id),
        "leaning": display.leaning(judged.id, given["prediction"], given["confidence"]),
        "disclaimer": DISCLAIMER,
    }
    if prediction.erased_at:
        return shown
    columns = diff.columns(prediction.name1, prediction.name2, given["differences"])
    return {
        **shown,
        "columns": columns,
        "marks": [mark for mark in diff.Mark if mark.sign],
        "deceiving": display.deceiving(columns),
        "directions": (display.direction(prediction.name1), display.direction(prediction.name2)),
        "parts": display.parts(given["name1"], given["name2"]),
        "outlook": [(display.verdict(line.verdict), line) for line in outlook(prediction)],
    }
