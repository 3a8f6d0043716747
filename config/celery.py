"""The Celery application; tasks live in each app's tasks.py."""

import os

from celery import Celery

from config.deadman import DeadMan

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("legal_name_comparison")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DeadMan)
