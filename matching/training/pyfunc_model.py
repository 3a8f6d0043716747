"""The code that MLflow stores beside a model ("models from code"): a pair of names in, a verdict out.

Nothing of the product imports it: it is read as text, logged with every version, and run by
``mlflow.pyfunc.load_model`` wherever this package and MLflow are installed. No database, no server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from matching.engine import compare, load_scorer


class LegalNameComparison(PythonModel):
    """Compares pairs of legal names with the compiled model that was logged beside this file."""

    def load_context(self, context: Any) -> None:
        """Read the compiled model. Raises ``ArtefactError`` where this package computes other features."""
        self._scorer = load_scorer(Path(context.artifacts["model"]).read_bytes())

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Return one row for each row of ``model_input``: verdict, probability of *material*, reason.

        Columns: ``name1``, ``name2``, and ``profile`` ("general") and ``kind`` ("auto") where they are given.
        Raises ``EngineError`` for an empty or over-long name and for an unknown profile or kind.
        """
        return model_input.apply(self._compare_row, axis="columns", result_type="expand")

    def _compare_row(self, row: Any) -> dict[str, Any]:
        options = {name: row[name] for name in ("profile", "kind") if isinstance(row.get(name), str)}
        found = compare(row["name1"], row["name2"], scorer=self._scorer, **options)
        return {
            "verdict": found.verdict.value,
            "material_probability": found.material_probability,
            "confidence": found.confidence,
            "reason": found.reason,
        }


set_model(LegalNameComparison())
