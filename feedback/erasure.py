"""Which words about answers an erasure takes: every table here that may quote a name."""

from __future__ import annotations

from accounts.erasure import Rows
from feedback.models import Draft, Feedback, GoldAnswer, ItemEvent
from matching.erasure import through

HELD = (
    Rows(Feedback, through(Feedback, "prediction")),
    Rows(GoldAnswer, through(GoldAnswer, "prediction")),
    Rows(ItemEvent, through(ItemEvent, "item__prediction")),
    Rows(Draft, through(Draft, "item__prediction")),
)
"""A new table with encrypted text gets its line here; a test says so."""
