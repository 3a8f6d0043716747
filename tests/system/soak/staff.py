"""What people do during the soak. Runs in the installation: ``python -m django shell`` with its settings."""

import json
import sys
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection
from django_celery_beat.models import PeriodicTask

from accounts.auth.users import create_user, issue_api_key
from accounts.models import Role, User
from matching.engine import compute_schema_hash
from modelops.alerting.heartbeats import SEAL_TASK
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import AlertChannel, LiveSlot, ModelVersion, PromotionRequest
from tests.system.soak.versions import build_bolder_model

NAME = "legal-names"
ENGINEER, APPROVER, CLIENT = "engineer@soak.example", "approver@soak.example", "client@soak.example"
PATIENCE_SECONDS = 600


def hire(webhook: str) -> None:
    """Create the people and the channel of alerts; print the client's API key as JSON."""
    for email, role in ((ENGINEER, Role.MODEL_ENGINEER), (APPROVER, Role.APPROVER), (CLIENT, Role.CLIENT)):
        create_user(email, None, role, None)
    AlertChannel.objects.create(name="soak", kind=AlertChannel.Kind.WEBHOOK, address=webhook)
    _, key = issue_api_key(User.objects.get(email=CLIENT), "soak", None)
    sys.stdout.write(json.dumps({"key": key}))


def promote(number: int) -> None:
    """Request and approve the promotion of a version; after a fault go on with what is left to do."""
    _repeat_after_faults(lambda: _promote(number))


def roll_back(number: int) -> None:
    """Take this version back by one person's authority, unless a fault hid that it was done."""
    _repeat_after_faults(lambda: _roll_back(number))


def switch_sealing(on: bool) -> None:
    """Switch the sealing of the audit trail off or on past the pages, as somebody with the database would."""
    _repeat_after_faults(lambda: PeriodicTask.objects.filter(task=SEAL_TASK).update(enabled=on))


def _repeat_after_faults(action: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            action()
            return
        except (OperationalError, InterfaceError, PromotionError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _roll_back(number: int) -> None:
    if _read_live_version() == str(number):
        promotion.rollback("*", User.objects.get(email=APPROVER), "rehearsed during the soak")


def _promote(number: int) -> None:
    if _read_live_version() == str(number):
        return
    model = ModelVersion.objects.filter(name=NAME, version=str(number)).first() or register_version(
        VersionRegistration(NAME, str(number), build_bolder_model(number), compute_schema_hash()), None
    )
    request = PromotionRequest.objects.filter(model=model, closed_at=None).first()
    if request is None:
        engineer = User.objects.get(email=ENGINEER)
        request = promotion.request_promotion(model, "*", "champion", "better", engineer)
    promotion.approve_promotion(request, User.objects.get(email=APPROVER), "a bolder model for the soak")


def _read_live_version() -> str:
    return LiveSlot.objects.get(profile="*", role="champion").deployment.model.version
