"""The two permissions that review turns on: to decide items, and to lead those who do."""

REVIEW_PERMISSION = "feedback.change_reviewitem"
LEAD_PERMISSION = "feedback.lead_review"
