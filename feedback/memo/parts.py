"""Parts of a document about one prediction that memos and reports share. Pure, apart from the prediction."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from matching.compare.language import show_text
from matching.engine import load_categories
from matching.models import Prediction
from matching.pages import diff, presenter

REDACTED_TEXT = "[redacted]"


def build_answer_facts(document: dict[str, Any], redacted: bool) -> list[list[str]]:
    """Return verdict, reason, missing fact and versions of the automatic answer as labelled lines."""
    verdict = presenter.get_verdict_badge(document["verdict"])
    model = document["model"]
    return [
        [gettext("Verdict"), f"{verdict.title}, {presenter.describe_certainty(document)}"],
        [gettext("Reason"), REDACTED_TEXT if redacted else document["reason"]],
        [gettext("Would settle it"), document["missing_fact"] or gettext("nothing is missing")],
        [
            gettext("Model and rules"),
            gettext("{model} {version}, rules {rules}").format(
                model=model["name"], version=model["version"], rules=document["rules_version"]
            ),
        ],
    ]


def build_difference_entry(row: dict[str, Any], redacted: bool) -> dict[str, str]:
    """Return one difference as the texts of a row of the table."""
    category = load_categories().get(row["category"])
    general = show_text(category.explanation) if category else ""
    return {
        "category": row["category"],
        "title": f"{row['title']}. {general if redacted else row['explanation']}",
        "first": REDACTED_TEXT if redacted and row["text1"] else row["text1"] or gettext("none"),
        "second": REDACTED_TEXT if redacted and row["text2"] else row["text2"] or gettext("none"),
        "effect": presenter.describe_effect(row["effect"]),
        "rule": f"{row['rule']}; {row['authority']}",
    }


def list_deceiving_characters(prediction: Prediction, document: dict[str, Any]) -> list[str]:
    """Return each character that deceives the eye, with the name it stands in and its code point."""
    columns = diff.build_columns(prediction.name1, prediction.name2, document["differences"])
    return [
        f"name {'AB'[number - 1]}: {code}" for number, code in presenter.find_deceptive_characters(columns)
    ]
