"""The page of one gold item."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.auth.current_user import get_current_user
from accounts.models import User
from feedback.admin_page import render_page
from feedback.models import GoldAnswer
from feedback.quality.gold_items import list_results
from feedback.quality.report import Proportion
from matching.api.serializers import serialize_prediction
from matching.models import Prediction
from matching.pages import presenter

_NAMES_PERMISSION = "matching.reveal_names"
_PEOPLE_PERMISSION = "accounts.view_user"


def show_gold_item(request: HttpRequest, gold: GoldAnswer, can_retire: bool) -> HttpResponse:
    """Show what a gold item is and how reviewers did.

    Names and reasons are shown to who may reveal names, and recorded; reviewers to who may see users.
    """
    prediction = gold.prediction
    shows_names = request.user.has_perm(_NAMES_PERMISSION) and prediction.erased_at is None
    results = list_results(gold, request.user.has_perm(_PEOPLE_PERMISSION))
    context = {
        "gold": gold,
        "prediction": prediction,
        "shows_names": shows_names,
        "differences": serialize_prediction(prediction)["differences"],
        "profile": presenter.get_profile_choice(prediction.profile),
        "results": results,
        "right": Proportion(sum(row.is_right for row in results), len(results)),
        "can_retire": can_retire and gold.retired_at is None,
    }
    if shows_names:
        _record_names_revealed(prediction, get_current_user(request))
    return render_page(request, "gold", gettext("Gold item"), context)


@transaction.atomic
def _record_names_revealed(prediction: Prediction, reader: User) -> None:
    trail.record_event("prediction.names_revealed", prediction, reader)
