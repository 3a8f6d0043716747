"""The gates of a promotion: evaluated at the request, shown to the approver, checked at the approval.

Hard gates (the bytes are the registered ones and fit this program) cannot be overruled. The approver can
overrule the others with a reason, which is kept in the deployment and the audit trail and raises an alert. A
shadow answers no request, so only the hard gates apply to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.utils.translation import gettext

from modelops.models import EVERY_PROFILE, LiveSlot, ModelVersion, ServingRole
from modelops.sentences import GateSentence
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


@dataclass(frozen=True)
class VersionExamination:
    """The gates of a version, and its measures beside the champion's on the same rows, both JSON-ready.

    ``comparison`` is empty when a hard gate is red, since such a version cannot be scored.
    """

    gates: list[dict[str, Any]]
    comparison: dict[str, Any]


def examine_version(model: ModelVersion, profile: str) -> VersionExamination:
    """Return the gates and measures of a version beside the champion of a profile."""
    hard, scorer = _check_hard_gates(model)
    if scorer is None:
        return VersionExamination([gate.to_dict() for gate in hard], {})
    slot = _find_champion_slot(profile)
    champion = _build_champion(slot)
    examination = get_validator().examine(scorer, champion, _load_validation_set(model))
    results = [gate.to_dict() for gate in (*hard, *examination.gates)]
    compared = slot.deployment if slot and champion is not None else None
    comparison = {
        "rows": examination.rows,
        "is_own": examination.is_own,
        "champion": str(compared.model) if compared else "",
        "generation": compared.generation if compared else None,
        "measures": [_add_gate_state(measure.to_dict(), results) for measure in examination.measures],
    }
    return VersionExamination(results, comparison)


def evaluate_gates(model: ModelVersion, profile: str) -> list[dict[str, Any]]:
    """Return the results of all gates for a version against the champion of a profile, JSON-ready."""
    return examine_version(model, profile).gates


def list_red_gates(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the titles of the red gates."""
    return [gate["title"] for gate in gates if gate["state"] == RED]


def name_gates(titles: Sequence[str]) -> str:
    """Return the titles of gates in the language of the page, one behind the other."""
    return ", ".join([gettext(title) for title in titles])


def explain_refusal(gates: Sequence[Mapping[str, Any]], overruled: Sequence[str], override: str) -> str:
    """Return why a request cannot be approved with this reason to overrule; ``""`` when it can."""
    hard = [gate["title"] for gate in gates if gate["state"] == RED and gate["hard"]]
    if hard:
        return gettext("nobody can overrule: {gates}").format(gates=name_gates(hard))
    if overruled and len(override.strip()) < MIN_REASON_LENGTH:
        return gettext("red: {gates}. Decline, or say why it should go live all the same").format(
            gates=name_gates(overruled)
        )
    return ""


def _check_hard_gates(model: ModelVersion) -> tuple[list[GateResult], Any | None]:
    """Return the hard gates of a version, and its scorer unless one of them is red."""
    try:
        content = read_verified_artefact(model)
    except ArtefactVerificationError as error:
        return [_build_hard_gate("digest", _DIGEST_TITLE, RED, str(error))], None
    digest = GateSentence.SIGNED.format(digest=model.artefact_id[:16])
    gates = [_build_hard_gate("digest", _DIGEST_TITLE, GREEN, digest)]
    if model.schema_hash != get_validator().get_schema_hash():
        reason = GateSentence.OTHER_FEATURES.value
        return [*gates, _build_hard_gate("schema", _SCHEMA_TITLE, RED, reason)], None
    schema = GateSentence.SCHEMA.format(digest=model.schema_hash[:16])
    gates.append(_build_hard_gate("schema", _SCHEMA_TITLE, GREEN, schema))
    try:
        scorer = get_validator().build_scorer(content)
        get_validator().check_answers(model.golden_predictions, scorer)
    except ValueError as error:
        return [*gates, _build_hard_gate("builds", _BUILD_TITLE, RED, str(error))], None
    gates.append(_build_hard_gate("builds", _BUILD_TITLE, GREEN, GateSentence.LOADS.value))
    return gates, scorer


def _add_gate_state(measure: dict[str, Any], gates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a measure with the state of the gate that judges it; accuracy is judged on all rows at once."""
    gate = next((gate for gate in gates if gate["name"] == measure["gate"]), None)
    if gate is None:
        return {**measure, "state": ""}
    overall = next((row for row in gate["rows"] if row.get("dimension") == "all"), None)
    return {**measure, "state": overall["state"] if overall else gate["state"]}


def _find_champion_slot(profile: str) -> LiveSlot | None:
    """Return the slot that answers for a profile, with its version and artefact."""
    slots = LiveSlot.objects.filter(role=ServingRole.CHAMPION, profile__in=[profile, EVERY_PROFILE])
    live = {slot.profile: slot for slot in slots.select_related("deployment__model__artefact")}
    return live.get(profile) or live.get(EVERY_PROFILE)


def _build_champion(slot: LiveSlot | None) -> Any | None:
    """Return the scorer of a champion, or ``None`` when it does not fit this program."""
    if slot is None:
        return None
    try:
        return get_validator().build_scorer(read_verified_artefact(slot.deployment.model))
    except (ArtefactVerificationError, ValueError) as error:
        log.warning("champion_not_compared", error=type(error).__name__)
        return None


def _load_validation_set(model: ModelVersion) -> ValidationSet | None:
    stored = model.validation_set
    return (
        unpack_validation_set(bytes(stored.content))
        if stored and stored.schema_hash == model.schema_hash
        else None
    )


def _build_hard_gate(name: str, title: str, state: str, finding: str) -> GateResult:
    return GateResult(name, title, state, finding, hard=True)
