"""Settings of the webhooks of customers and of alerts, a part of ``config.settings``."""

from config import env

# Networks that are not public and that webhooks may reach all the same.
WEBHOOK_ALLOWED_NETWORKS = env.read_networks("WEBHOOK_ALLOWED_NETWORKS")
WEBHOOK_ENDPOINTS_PER_USER = env.read_count("WEBHOOK_ENDPOINTS_PER_USER", 10)
# With the waits between them, 12 attempts take about 39 hours.
WEBHOOK_MAX_ATTEMPTS = env.read_count("WEBHOOK_MAX_ATTEMPTS", 12)
WEBHOOK_OFF_AFTER_DAYS = env.read_count("WEBHOOK_OFF_AFTER_DAYS", 3)
# How long the old secret signs beside the new one, where the user does not say.
WEBHOOK_SECRET_OVERLAP_HOURS = env.read_count("WEBHOOK_SECRET_OVERLAP_HOURS", 24)
