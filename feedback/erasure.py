"""Which words about answers an erasure takes: every table here that may quote a name."""

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
"""A new table with encrypted text gets its line here; a test says so."""
