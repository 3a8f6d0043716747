"""What a report states: the decision of people first, the automatic opinion second, every difference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.dates import format_moment
from feedback.memo.parts import REDACTED_TEXT, build_difference_entry, list_deceiving_characters
from matching.api.review_serializers import serialize_named_review
from matching.api.serializers import DISCLAIMER, serialize_prediction
from matching.models import Prediction
from matching.pages import presenter, reviews


def build_content(
    prediction: Prediction, issuer: str, own_reference: str, redacted: bool, code: str, at: datetime
) -> dict[str, Any]:
    """Return what a report states of a prediction; ``with_model`` and ``with_review`` must have joined it."""
    document = serialize_prediction(prediction)
    hidden = redacted or prediction.erased_at is not None
    return {
        "title": _("Report on two legal names"),
        "reference": f"{at:%Y%m%d}-{str(prediction.pk)[-12:]}",
        "own_reference": own_reference,
        "matter": document["matter"] or "",
        "prediction": str(prediction.pk),
        "issued_at": format_moment(at),
        "issuer": issuer,
        "redacted": hidden,
        "name_a": REDACTED_TEXT if hidden else prediction.name1,
        "name_b": REDACTED_TEXT if hidden else prediction.name2,
        "deceiving": [] if hidden else list_deceiving_characters(prediction, document),
        "decision": _build_decision(serialize_named_review(prediction), hidden),
        "opinion": _build_opinion(document, hidden),
        "differences": [_build_difference(row, hidden) for row in document["differences"]],
        "facts": _build_facts(prediction, document),
        "disclaimer": _(DISCLAIMER),
        "verification": {"code": code, "address": f"{settings.PUBLIC_URL}{reverse('verify-page')}"},
    }


def _build_decision(review: Mapping[str, Any], hidden: bool) -> dict[str, str]:
    """Return what people decided, or how far they are; a reason may quote the names."""
    panel = reviews.build_decision_panel(review)
    if panel is None:
        waiting = reviews.build_review_panel(review)
        title = waiting.title if waiting else ""
        return {"verdict": "", "title": title, "text": _("No person has decided this pair."), "note": ""}
    reason = REDACTED_TEXT if hidden and review["reason"] else panel.sentence
    return {"verdict": review["verdict"], "title": panel.title, "text": reason, "note": panel.facts}


def _build_opinion(document: Mapping[str, Any], hidden: bool) -> dict[str, str]:
    badge = presenter.get_verdict_badge(document["verdict"])
    reason = REDACTED_TEXT if hidden else presenter.write_reason(badge, document["reason"])
    notes = [
        presenter.describe_certainty(document),
        presenter.describe_decider(document["decided_by"], badge.id),
    ]
    missing = document["missing_fact"]
    notes += [_("What would settle it: %s.") % missing] if missing else []
    note = ". ".join(note.rstrip(".") for note in notes if note) + "."
    return {"verdict": badge.id, "title": badge.title, "text": reason, "note": note[:1].upper() + note[1:]}


def _build_difference(row: dict[str, Any], hidden: bool) -> dict[str, str]:
    entry = build_difference_entry(row, hidden)
    return {
        **{key: entry[key] for key in ("category", "title", "effect", "rule")},
        "name_a": entry["first"],
        "name_b": entry["second"],
    }


def _build_facts(prediction: Prediction, document: Mapping[str, Any]) -> list[list[str]]:
    """Return under what the two names were compared, as labelled lines."""
    profile = presenter.get_profile_choice(prediction.profile)
    model = document["model"]
    is_person = prediction.kind == "individual"
    return [
        [_("Read as"), _("a person’s name") if is_person else _("an organisation’s name")],
        [_("Profile"), f"{profile['title']} ({profile['id']} {profile['version']}, {profile['date']})"],
        [_("Rules"), str(document["rules_version"])],
        [_("Model"), f"{model['name']} {model['version']}"],
        [_("Compared"), format_moment(prediction.created_at)],
    ]
