"""The result of a comparison, in the form in which it is cached, stored and returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from matching.compare.request import CompareRequest, run_engine
from matching.engine import Comparison, Scorer
from matching.monitoring.feature_snapshot import FeatureSnapshot, snapshot_comparison
from matching.pair_digest import compute_pair_digest

_QUOTED_FIELDS = ("text1", "text2", "explanation")
"""Fields of a difference that may quote a name."""

_TEXT_FIELDS = ("reason", "missing_fact", "left", "right", "steps", "notes", "contributions", "decided_by")
"""Fields of a comparison that may quote a name, or belong to the explanation shown with it."""


@dataclass(frozen=True)
class ComparisonResult:
    """A comparison with the columns of its prediction.

    It follows from the request, the model and the rules alone. Requests share cached results, so nothing in
    it may be changed.
    """

    comparison: Comparison
    quoted_json: str
    """The parts that may quote the names, as JSON for the encrypted column ``words``."""
    differences: list[dict[str, Any]]
    """Categories, spans and effects of the differences, without text of a name."""
    snapshot: FeatureSnapshot
    pair_digest: str
    is_cached: bool = False
    """Whether an earlier request of this process computed the result."""


def compute_result(request: CompareRequest, scorer: Scorer) -> ComparisonResult:
    """Compare the two names and derive what is stored of them. Raises ``EngineError``."""
    comparison = run_engine(request, scorer)
    fields = comparison.to_dict()
    return ComparisonResult(
        comparison,
        orjson.dumps(_extract_quoted_text(fields)).decode(),
        [_drop_quoted_text(difference) for difference in fields["differences"]],
        snapshot_comparison(comparison),
        compute_pair_digest(request.name1, request.name2),
    )


def _extract_quoted_text(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a comparison that are stored encrypted and returned unchanged later."""
    differences = [{key: item[key] for key in _QUOTED_FIELDS} for item in fields["differences"]]
    return {**{key: fields[key] for key in _TEXT_FIELDS}, "differences": differences}


def _drop_quoted_text(difference: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in difference.items() if key not in _QUOTED_FIELDS}
