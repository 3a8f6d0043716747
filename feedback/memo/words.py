"""The words of a printed memo around what it states, in the language of who asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext


def list_words(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return headings, columns and fixed sentences of the template, by what they head or say."""
    issued = gettext("Issued {moment} by {issuer}")
    return {
        "language": get_language() or "en",
        "issued": issued.format(moment=content["issued_at"], issuer=content["issuer"]),
        "pair": gettext("The pair"),
        "replaced": gettext(
            "A character that no font of this program has is shown as its code point, such as [U+0F40]."
        ),
        "deceiving": gettext("Characters that deceive the eye:"),
        "decisions": gettext("Decisions of reviewers"),
        "undecided": gettext("Nobody has decided this pair."),
        "decision_columns": [
            gettext("Stage"),
            gettext("Answer"),
            gettext("Reason"),
            gettext("Who and when"),
        ],
        "clause_link": gettext("Read the clause"),
        "prediction": gettext("Prediction"),
        "differences": gettext("Differences"),
        "no_difference": gettext("No difference."),
        "difference_columns": [
            gettext("Difference"),
            gettext("Name A"),
            gettext("Name B"),
            gettext("Effect"),
            gettext("Rule and authority"),
        ],
    }
