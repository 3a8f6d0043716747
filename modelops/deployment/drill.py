"""Drills of a rollback: whether it works, and how long every process takes to follow.

A drill takes the path of a real rollback (a row, a slot, the published generation, the swap in every process)
with the versions a real one would use, on a slot that answers no request. It can be run at any time.
"""

from __future__ import annotations

import time

from django.db import transaction
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from modelops.deployment.promotion import deploy_drill, find_rollback_target
from modelops.models import (
    EVERY_PROFILE,
    Deployment,
    LiveSlot,
    ModelVersion,
    RollbackDrill,
    ServingProcess,
    ServingRole,
)

DRILL_TIMEOUT_SECONDS = 15.0
"""Seconds after which a drill counts as failed."""
_POLL_SECONDS = 0.1


class DrillError(Exception):
    """The drill could not be run; the message is fit for the screen."""


def run_drill(actor: User) -> RollbackDrill:
    """Roll back and forward once on the slot of drills; return the stored result, which may be a failure.

    Takes some seconds. Raises :class:`DrillError` without an earlier version, or without a serving process.
    """
    live, earlier = _find_drill_versions()
    if not ServingProcess.objects.alive().exists():
        raise DrillError(gettext("no process reports itself, so nothing would be proven"))
    deploy_drill(live, actor)
    back_ms = _wait_for_processes(deploy_drill(earlier, actor))
    forward_ms = _wait_for_processes(deploy_drill(live, actor))
    return _store_drill(actor, back_ms, forward_ms)


def _find_drill_versions() -> tuple[ModelVersion, ModelVersion]:
    """Return the champion of every profile, and the version a rollback would put back."""
    slot = LiveSlot.objects.filter(profile=EVERY_PROFILE, role=ServingRole.CHAMPION).first()
    earlier = find_rollback_target(slot.deployment) if slot else None
    if slot is None or earlier is None:
        raise DrillError(gettext("there is no version to go back to yet; promote one first"))
    return slot.deployment.model, earlier


def _wait_for_processes(deployment: Deployment) -> int | None:
    """Return the milliseconds until every live process serves the deployment; ``None`` after the timeout."""
    began = time.monotonic()
    while time.monotonic() - began < DRILL_TIMEOUT_SECONDS:
        if all(_follows(row, deployment) for row in ServingProcess.objects.alive()):
            return round((time.monotonic() - began) * 1000)
        time.sleep(_POLL_SECONDS)
    return None


def _follows(process: ServingProcess, deployment: Deployment) -> bool:
    return process.generation >= deployment.generation and deployment.model.artefact_id in process.ready


@transaction.atomic
def _store_drill(actor: User, back_ms: int | None, forward_ms: int | None) -> RollbackDrill:
    late = back_ms is None or forward_ms is None
    row = RollbackDrill.objects.create(
        requested_by=actor,
        back_ms=back_ms,
        forward_ms=forward_ms,
        processes=ServingProcess.objects.alive().count(),
        error=f"not every process followed within {DRILL_TIMEOUT_SECONDS:.0f} s" if late else "",
    )
    detail = {"back_ms": back_ms, "forward_ms": forward_ms, "error": row.error}
    trail.record_event("rollback.drill_finished", row, actor, **detail)
    return row
