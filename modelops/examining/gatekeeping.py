"""The gates of a promotion: computed when it is asked for, shown to the approver, held against the approval.

Hard gates (the bytes are the registered ones and fit this program) cannot be overruled. The others can, by
the approver, with a reason that is kept in the deployment and the audit trail and raises an alert. A shadow
never answers, so only the hard gates hold it up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from modelops.examining.exam import Exam, unpacked
from modelops.examining.examiner import examiner
from modelops.examining.gates import GREEN, RED, Gate
from modelops.models import EVERY_PROFILE, LiveSlot, ModelVersion, ServingRole
from modelops.serving.loader import ArtefactError, verified_content

SHORTEST_REASON = 10
"""Letters of a reason to overrule a gate, at least."""

log = structlog.get_logger(__name__)

_DIGEST = "The bytes are the registered ones"
_SCHEMA = "Same features as this program"
_BUILDS = "It loads and answers"


def findings(model: ModelVersion, profile: str) -> list[dict[str, Any]]:
    """Examine a version beside the champion of a profile; JSON-ready."""
    return [gate.to_dict() for gate in _gates(model, profile)]


def red(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Titles of the red gates."""
    return [gate["title"] for gate in gates if gate["state"] == RED]


def refusal(gates: Sequence[Mapping[str, Any]], overruled: Sequence[str], override: str) -> str:
    """Say why a request cannot be approved with this reason to overrule, or nothing."""
    hard = [gate["title"] for gate in gates if gate["state"] == RED and gate["hard"]]
    if hard:
        return f"nobody can overrule: {', '.join(hard)}"
    if overruled and len(override.strip()) < SHORTEST_REASON:
        return f"red: {', '.join(overruled)}. Decline, or say why it should go live all the same"
    return ""


def _gates(model: ModelVersion, profile: str) -> list[Gate]:
    try:
        content = verified_content(model)
    except ArtefactError as error:
        return [_hard("digest", _DIGEST, RED, str(error))]
    hard = [_hard("digest", _DIGEST, GREEN, f"SHA-256 {model.artefact_id[:16]}..., signed here.")]
    if model.schema_hash != examiner().schema():
        return [*hard, _hard("schema", _SCHEMA, RED, "It was trained for other features: train it again.")]
    hard.append(_hard("schema", _SCHEMA, GREEN, f"Feature schema {model.schema_hash[:16]}..."))
    try:
        mine = examiner().build(content)
        examiner().check(model.answers, mine)
    except ValueError as error:
        return [*hard, _hard("builds", _BUILDS, RED, str(error))]
    hard.append(_hard("builds", _BUILDS, GREEN, "As it did when it was registered."))
    return [*hard, *examiner().examine(mine, _champion(profile), _exam(model))]


def _champion(profile: str) -> Any | None:
    """The model that answers for a profile now, if this program can ask it."""
    slots = LiveSlot.objects.filter(role=ServingRole.CHAMPION, profile__in=[profile, EVERY_PROFILE])
    live = {slot.profile: slot for slot in slots.select_related("deployment__model__artefact")}
    slot = live.get(profile) or live.get(EVERY_PROFILE)
    if slot is None:
        return None
    try:
        return examiner().build(verified_content(slot.deployment.model))
    except (ArtefactError, ValueError) as error:
        log.warning("champion_not_asked", error=type(error).__name__)
        return None


def _exam(model: ModelVersion) -> Exam | None:
    kept = model.exam
    return unpacked(bytes(kept.content)) if kept and kept.schema_hash == model.schema_hash else None


def _hard(name: str, title: str, state: str, said: str) -> Gate:
    return Gate(name, title, state, said, hard=True)
