"""What a restored installation proves before anybody uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.audit.anchor import find_broken_anchor
from accounts.audit.verification import verify_chain
from accounts.key_rotation import MISPLACED, UNREADABLE, count_key_usage, load_key_ring
from config.backup.state import count_rows
from matching.compare.request import CompareRequest
from matching.compare.result import compute_result
from matching.engine.profiles import PROFILE_IDS
from matching.jobs.lost_files import end_jobs_without_files
from matching.models import Prediction
from matching.pair_digest import compute_pair_digest
from matching.serving.live_models import get_model_loader
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError

_BATCH_ROWS = 2_000
_NAMES = ("Heron Quarry, Inc.", "HERON QUARRY Incorporated")


class ProofError(Exception):
    """The restored installation differs from the backup; the message is one sentence."""


def prove_restore(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each proof. Raises :class:`ProofError` at the first that fails."""
    proofs: tuple[Callable[[Mapping[str, Any]], str], ...] = (
        _prove_rows,
        _prove_audit_trail,
        _prove_keys,
        _prove_models,
        _prove_jobs,
    )
    for prove in proofs:
        yield prove(state)


def _prove_rows(state: Mapping[str, Any]) -> str:
    expected, found = state["rows"], count_rows()
    for table in sorted(expected.keys() | found.keys()):
        if expected.get(table) != found.get(table):
            raise ProofError(
                f"The table {table} has {found.get(table)} rows, and the backup {expected.get(table)}."
            )
    return f"{sum(found.values()):,} rows in {len(found)} tables, as in the backup"


def _prove_audit_trail(_: Mapping[str, Any]) -> str:
    report = verify_chain()
    if report.fault:
        raise ProofError(f"The audit trail is broken: {report.fault}.")
    anchors = Path(settings.AUDIT_ANCHOR_PATH)
    lines = anchors.read_text(encoding="utf-8").splitlines() if anchors.exists() else []
    if fault := find_broken_anchor(lines):
        raise ProofError(f"The audit trail does not fit its anchors: {fault}.")
    return f"{report.sealed_count:,} seals of the audit trail intact, {len(lines):,} anchors agree"


def _prove_keys(_: Mapping[str, Any]) -> str:
    report = count_key_usage(load_key_ring(), _BATCH_ROWS)
    if faults := report.counts[UNREADABLE] + report.counts[MISPLACED]:
        raise ProofError(f"{faults:,} encrypted values do not open, first {report.faults[0]}.")
    newest = Prediction.objects.filter(erased_at=None).order_by("-pk").first()
    if newest and newest.pair_digest != compute_pair_digest(newest.name1, newest.name2):
        raise ProofError("The digest of a pair of names is not that of NAME_DIGEST_KEY.")
    return f"{report.counts.total():,} encrypted values open in their places"


def _prove_models(_: Mapping[str, Any]) -> str:
    try:
        live = get_model_loader().refresh()
        champions = {profile: live.get_champion(profile) for profile in PROFILE_IDS}
    except (ArtefactVerificationError, NoLiveModelError) as error:
        raise ProofError(f"The champion cannot be loaded: {error}.") from error
    comparison = compute_result(CompareRequest(*_NAMES), champions["general"].scorer).comparison
    versions = ", ".join(sorted({champion.version for champion in champions.values()}))
    return f"the champion ({versions}) is loaded and compares: {comparison.verdict.value}"


def _prove_jobs(_: Mapping[str, Any]) -> str:
    complete, ended = end_jobs_without_files()
    said = f"the files of {complete:,} bulk jobs are there and open"
    return f"{said}; {ended:,} whose files were not in the backup were ended" if ended else said
