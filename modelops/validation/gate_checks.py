"""The gates of a promotion: evaluated at the request, shown to the approver, checked at the approval.

Hard gates (the bytes are the registered ones and fit this program) cannot be overruled. The approver can
overrule the others with a reason, which is kept in the deployment and the audit trail and raises an alert. A
shadow answers no request, so only the hard gates apply to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from modelops.models import EVERY_PROFILE, LiveSlot, ModelVersion, ServingRole
from modelops.serving.loader import ArtefactVerificationError, read_verified_artefact
from modelops.validation.gates import GREEN, RED, GateResult
from modelops.validation.validation_set import ValidationSet, unpack_validation_set
from modelops.validation.validator import get_validator

MIN_REASON_LENGTH = 10
"""Smallest number of characters of a reason to overrule a gate."""

log = structlog.get_logger(__name__)

_DIGEST_TITLE = "The bytes are the registered ones"
_SCHEMA_TITLE = "Same features as this program"
_BUILD_TITLE = "It loads and answers"


def evaluate_gates(model: ModelVersion, profile: str) -> list[dict[str, Any]]:
    """Return the results of all gates for a version against the champion of a profile, JSON-ready."""
    return [gate.to_dict() for gate in _collect_gates(model, profile)]


def list_red_gates(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the titles of the red gates."""
    return [gate["title"] for gate in gates if gate["state"] == RED]


def explain_refusal(gates: Sequence[Mapping[str, Any]], overruled: Sequence[str], override: str) -> str:
    """Return why a request cannot be approved with this reason to overrule; ``""`` when it can."""
    hard = [gate["title"] for gate in gates if gate["state"] == RED and gate["hard"]]
    if hard:
        return f"nobody can overrule: {', '.join(hard)}"
    if overruled and len(override.strip()) < MIN_REASON_LENGTH:
        return f"red: {', '.join(overruled)}. Decline, or say why it should go live all the same"
    return ""


def _collect_gates(model: ModelVersion, profile: str) -> list[GateResult]:
    try:
        content = read_verified_artefact(model)
    except ArtefactVerificationError as error:
        return [_build_hard_gate("digest", _DIGEST_TITLE, RED, str(error))]
    hard = [
        _build_hard_gate("digest", _DIGEST_TITLE, GREEN, f"SHA-256 {model.artefact_id[:16]}..., signed here.")
    ]
    if model.schema_hash != get_validator().get_schema_hash():
        return [
            *hard,
            _build_hard_gate(
                "schema", _SCHEMA_TITLE, RED, "It was trained for other features: train it again."
            ),
        ]
    hard.append(
        _build_hard_gate("schema", _SCHEMA_TITLE, GREEN, f"Feature schema {model.schema_hash[:16]}...")
    )
    try:
        mine = get_validator().build_scorer(content)
        get_validator().check_answers(model.answers, mine)
    except ValueError as error:
        return [*hard, _build_hard_gate("builds", _BUILD_TITLE, RED, str(error))]
    hard.append(_build_hard_gate("builds", _BUILD_TITLE, GREEN, "As it did when it was registered."))
    return [*hard, *get_validator().run_gates(mine, _build_champion(profile), _load_validation_set(model))]


def _build_champion(profile: str) -> Any | None:
    """Return the scorer of a profile's champion, or ``None`` when it does not fit this program."""
    slots = LiveSlot.objects.filter(role=ServingRole.CHAMPION, profile__in=[profile, EVERY_PROFILE])
    live = {slot.profile: slot for slot in slots.select_related("deployment__model__artefact")}
    slot = live.get(profile) or live.get(EVERY_PROFILE)
    if slot is None:
        return None
    try:
        return get_validator().build_scorer(read_verified_artefact(slot.deployment.model))
    except (ArtefactVerificationError, ValueError) as error:
        log.warning("champion_not_asked", error=type(error).__name__)
        return None


def _load_validation_set(model: ModelVersion) -> ValidationSet | None:
    stored = model.exam
    return (
        unpack_validation_set(bytes(stored.content))
        if stored and stored.schema_hash == model.schema_hash
        else None
    )


def _build_hard_gate(name: str, title: str, state: str, finding: str) -> GateResult:
    return GateResult(name, title, state, finding, hard=True)
