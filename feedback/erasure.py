"""The tables of feedback with encrypted text that may quote names; an erasure blanks them."""

from __future__ import annotations

from accounts.privacy.erasure import EncryptedTable
from feedback.models import Draft, Feedback, GoldAnswer, ItemEvent
from matching.privacy.erasure import make_row_finder

ERASURE_TARGETS = (
    EncryptedTable(Feedback, make_row_finder(Feedback, "prediction")),
    EncryptedTable(GoldAnswer, make_row_finder(GoldAnswer, "prediction")),
    EncryptedTable(ItemEvent, make_row_finder(ItemEvent, "item__prediction")),
    EncryptedTable(Draft, make_row_finder(Draft, "item__prediction")),
)
"""Every table with encrypted text must be listed; a test checks it."""
