"""Drills: does a rollback work, and how many seconds does it take until every process follows?

The drill goes the way of a real rollback (a row, a slot, the published generation, the swap in every process)
with the versions a real one would use, on a slot that answers nobody. So it can be tried at any time.
"""

from __future__ import annotations

import time

from django.db import transaction

from accounts import audit
from accounts.models import User
from modelops import services
from modelops.models import EVERY_PROFILE, Deployment, LiveSlot, ModelVersion, ServingRole
from modelops.serving_models import RollbackDrill, ServingProcess

PATIENCE = 15.0
"""Seconds after which a drill counts as failed."""
_PAUSE = 0.1


class DrillError(Exception):
    """The drill could not be held; the message is fit for the screen."""


def drill(actor: User) -> RollbackDrill:
    """Go back and forth once; return the kept result, which may be a failure.

    Takes some seconds. Raises :class:`DrillError` when there is nothing to go back to, or nobody who follows.
    """
    live, before = _versions()
    if not ServingProcess.objects.alive().exists():
        raise DrillError("no process reports itself, so nothing would be proven")
    _switch(live, actor)
    taken = [_until_all_follow(_switch(version, actor)) for version in (before, live)]
    return _kept(actor, taken)


def _versions() -> tuple[ModelVersion, ModelVersion]:
    """What is live for every profile, and what a rollback would put back."""
    slot = LiveSlot.objects.filter(profile=EVERY_PROFILE, role=ServingRole.CHAMPION).first()
    before = services.before(slot.deployment) if slot else None
    if slot is None or before is None:
        raise DrillError("there is no version to go back to yet; promote one first")
    return slot.deployment.model, before


def _switch(version: ModelVersion, actor: User) -> Deployment:
    return services.deploy_drill(version, actor)


def _until_all_follow(made: Deployment) -> int | None:
    """Milliseconds until every process that is alive serves the generation, or nothing within patience."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        rows = list(ServingProcess.objects.alive())
        if all(row.generation >= made.generation and made.model.artefact_id in row.ready for row in rows):
            return round((time.monotonic() - began) * 1000)
        time.sleep(_PAUSE)
    return None


@transaction.atomic
def _kept(actor: User, taken: list[int | None]) -> RollbackDrill:
    back, forward = taken
    late = back is None or forward is None
    row = RollbackDrill.objects.create(
        requested_by=actor,
        back_ms=back,
        forward_ms=forward,
        processes=ServingProcess.objects.alive().count(),
        error=f"not every process followed within {PATIENCE:.0f} s" if late else "",
    )
    audit.record("rollback.drilled", row, actor, back_ms=back, forward_ms=forward, error=row.error)
    return row
