"""Drills: does a rollback work, and how many seconds does it take until every process follows?

The drill goes the way of a real rollback (a row, a slot, the published generation, the swap in every process)
with the versions a real one would use, on a slot that answers nobody. So it can be tried at any time.
"""

from __future__ import annotations

import time

from django.db import transaction

from accounts.audit import trail
from accounts.models import User
from modelops.deployment import promotion
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
    """The drill could not be held; the message is fit for the screen."""


def run_drill(actor: User) -> RollbackDrill:
    """Go back and forth once; return the kept result, which may be a failure.

    Takes some seconds. Raises :class:`DrillError` when there is nothing to go back to, or nobody who follows.
    """
    live, before = _find_drill_versions()
    if not ServingProcess.objects.alive().exists():
        raise DrillError("no process reports itself, so nothing would be proven")
    _deploy_drill_version(live, actor)
    taken = [_wait_for_processes(_deploy_drill_version(version, actor)) for version in (before, live)]
    return _store_drill(actor, taken)


def _find_drill_versions() -> tuple[ModelVersion, ModelVersion]:
    """What is live for every profile, and what a rollback would put back."""
    slot = LiveSlot.objects.filter(profile=EVERY_PROFILE, role=ServingRole.CHAMPION).first()
    before = promotion.find_rollback_target(slot.deployment) if slot else None
    if slot is None or before is None:
        raise DrillError("there is no version to go back to yet; promote one first")
    return slot.deployment.model, before


def _deploy_drill_version(version: ModelVersion, actor: User) -> Deployment:
    return promotion.deploy_drill(version, actor)


def _wait_for_processes(made: Deployment) -> int | None:
    """Milliseconds until every process that is alive serves the generation, or nothing within patience."""
    began = time.monotonic()
    while time.monotonic() - began < DRILL_TIMEOUT_SECONDS:
        rows = list(ServingProcess.objects.alive())
        if all(row.generation >= made.generation and made.model.artefact_id in row.ready for row in rows):
            return round((time.monotonic() - began) * 1000)
        time.sleep(_POLL_SECONDS)
    return None


@transaction.atomic
def _store_drill(actor: User, taken: list[int | None]) -> RollbackDrill:
    back, forward = taken
    late = back is None or forward is None
    row = RollbackDrill.objects.create(
        requested_by=actor,
        back_ms=back,
        forward_ms=forward,
        processes=ServingProcess.objects.alive().count(),
        error=f"not every process followed within {DRILL_TIMEOUT_SECONDS:.0f} s" if late else "",
    )
    trail.record_event("rollback.drilled", row, actor, back_ms=back, forward_ms=forward, error=row.error)
    return row
