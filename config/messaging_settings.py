"""Settings of webhooks, notifications and the mail server, a part of ``config.settings``."""

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from config import env

# Networks that are not public and that webhooks may reach all the same.
WEBHOOK_ALLOWED_NETWORKS = env.read_networks("WEBHOOK_ALLOWED_NETWORKS")
WEBHOOK_ENDPOINTS_PER_USER = env.read_count("WEBHOOK_ENDPOINTS_PER_USER", 10)
# With the waits between them, 12 attempts take about 39 hours.
WEBHOOK_MAX_ATTEMPTS = env.read_count("WEBHOOK_MAX_ATTEMPTS", 12)
WEBHOOK_OFF_AFTER_DAYS = env.read_count("WEBHOOK_OFF_AFTER_DAYS", 3)
# How long the old secret signs beside the new one, where the user does not say.
WEBHOOK_SECRET_OVERLAP_HOURS = env.read_count("WEBHOOK_SECRET_OVERLAP_HOURS", 24)

EMAIL_HOST = env.read_text("EMAIL_HOST")
EMAIL_PORT = env.read_count("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.read_text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.read_text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.read_boolean("EMAIL_STARTTLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.read_text("EMAIL_FROM", "legal-names@localhost")

# With the waits between them, 8 attempts take about 15 hours.
NOTIFICATION_MAX_ATTEMPTS = env.read_count("NOTIFICATION_MAX_ATTEMPTS", 8)
# The hour (UTC) at which daily summaries are sent.
NOTIFICATION_SUMMARY_HOUR = env.read_count("NOTIFICATION_SUMMARY_HOUR", 6)
if NOTIFICATION_SUMMARY_HOUR > 23:
    raise ImproperlyConfigured("NOTIFICATION_SUMMARY_HOUR must be from 0 to 23.")

# A part of CELERY_BEAT_SCHEDULE.
NOTIFICATION_SCHEDULE = {
    "remind of due items": {"task": "feedback.tasks.remind_of_due_items", "schedule": crontab(minute=10)},
    "warn of expiring keys": {
        "task": "notifications.tasks.warn_of_expiring_keys",
        "schedule": crontab(minute=25),
    },
    "warn of used quotas": {"task": "notifications.tasks.warn_of_quotas", "schedule": 60.0},
    "send mail": {"task": "notifications.tasks.send_mail", "schedule": 15.0},
}
