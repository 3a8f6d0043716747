"""The settings of audit, privacy and exports, a part of :mod:`config.settings`."""

from config import env
from config.local.embedded import get_home_folder

_VAR_DIR = get_home_folder()

# Copy the anchors to another machine: only they reveal that the end of the audit chain was cut.
AUDIT_ANCHOR_PATH = env.read_text("AUDIT_ANCHOR_PATH", str(_VAR_DIR / "anchors.jsonl"))
AUDIT_ANCHOR_EMAILS = env.read_list("AUDIT_ANCHOR_EMAILS")
# A bucket with object lock: what is put there cannot be replaced or deleted before its time.
AUDIT_ANCHOR_BUCKET = env.read_text("AUDIT_ANCHOR_BUCKET")
AUDIT_ANCHOR_RETENTION_DAYS = env.read_count("AUDIT_ANCHOR_RETENTION_DAYS", 3_650)
AUDIT_TSA_URL = env.read_text("AUDIT_TSA_URL")
AUDIT_TSA_CERTIFICATES = env.read_text("AUDIT_TSA_CERTIFICATES")
# The receiver of every event outside: https://…, or syslog+tls://host:port.
AUDIT_FORWARD_URL = env.read_text("AUDIT_FORWARD_URL")
AUDIT_FORWARD_TOKEN = env.read_text("AUDIT_FORWARD_TOKEN")
EVIDENCE_DIR = env.read_text("EVIDENCE_DIR", str(_VAR_DIR / "evidence"))
# The lists of tables and files that hold names. Order matters: what refers to a prediction comes before it.
ERASURE_TARGET_LISTS = (
    "feedback.erasure.ERASURE_TARGETS",
    "matching.privacy.erasure.ERASURE_TARGETS",
    "matters.erasure.ERASURE_TARGETS",
    "accounts.privacy.erasure.ERASURE_TARGETS",
)
# Exports of names above this number of rows within a day need a second person.
EXPORT_APPROVAL_ROWS = env.read_count("EXPORT_APPROVAL_ROWS", 1_000)
# What returns the file of an approved export, by its kind.
EXPORT_KINDS = {
    "predictions": "matching.api.export_requests.open_prediction_export",
    "feedback": "feedback.transfer.label_export.open_feedback_export",
    "memos": "feedback.memo.views.open_binder_export",
}
# The condition of predictions whose verdict reviewers must not see yet.
UNDECIDED_CONDITION = "feedback.review.undecided.build_undecided_condition"
# What is done when somebody leaves a matter: called with the matter's id, the person and who removed them.
MATTER_DEPARTURES = ("feedback.requests.departures.forget_matter",)
# The lists of data kinds that are deleted after some days; an administrator sets the days in a table.
RETENTION_KIND_LISTS = (
    "accounts.privacy.retention_kinds.RETENTION_KINDS",
    "notifications.retention_kinds.RETENTION_KINDS",
    "webhooks.retention_kinds.RETENTION_KINDS",
    "matching.privacy.retention_kinds.RETENTION_KINDS",
    "feedback.retention_kinds.RETENTION_KINDS",
)
