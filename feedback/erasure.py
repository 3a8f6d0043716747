"""Which words about answers an erasure takes: every table here that may quote a name."""

from __future__ import annotations

from accounts.erasure import Rows
from feedback.models import Draft, Feedback, GoldAnswer, ItemEvent
from matching.erasure import make_row_finder

ERASURE_TARGETS = (
    Rows(Feedback, make_row_finder(Feedback, "prediction")),
    Rows(GoldAnswer, make_row_finder(GoldAnswer, "prediction")),
    Rows(ItemEvent, make_row_finder(ItemEvent, "item__prediction")),
    Rows(Draft, make_row_finder(Draft, "item__prediction")),
)
"""A new table with encrypted text gets its line here; a test says so."""
