"""The two permissions of review: to decide items, and to lead the review."""

REVIEW_PERMISSION = "feedback.change_reviewitem"
LEAD_PERMISSION = "feedback.lead_review"
