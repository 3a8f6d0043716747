"""`python -m deploy.release.model_gate FOLDER`: is a newly trained model at least as good as the shipped one?

Both answer the same constructed pairs, which neither was trained on. A false "immaterial" is the worst error,
so the share of material differences that were missed is judged by itself.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from matching.engine import load_scorer
from matching.training.evaluation import evaluate_pairs
from matching.training.synthetic import generate_pairs

SHIPPED = Path(__file__).resolve().parents[2] / "matching" / "engine" / "model" / "model.json"
PAIRS, UNSEEN_SEED = 4_000, 7_919
# By how much a share may be worse: the noise of another training.
TOLERANCE = 0.005


def main(folder: Path) -> int:
    """Print the figures of both and return the exit code: 1 when the new model is worse."""
    new, old = measure(folder / "model.json"), measure(SHIPPED)
    for name, value in new.items():
        print(f"{name}: {value:.4f} (shipped: {old[name]:.4f})")
    faults = compare(new, old)
    for fault in faults:
        print(f"Refused: {fault}", file=sys.stderr)
    return 1 if faults else 0


def measure(model: Path) -> dict[str, float]:
    """Return the shares of right answers and of missed material differences. Raises ArtefactError."""
    scorer = load_scorer(model.read_bytes())
    figures = evaluate_pairs(list(generate_pairs(UNSEEN_SEED, PAIRS)), scorer=scorer).overall
    return {"accuracy": figures.accuracy.value, "missed material": figures.missed_material.value}


def compare(new: Mapping[str, float], old: Mapping[str, float]) -> list[str]:
    """Return what speaks against the new model, nothing when it may replace the old one."""
    faults = []
    if new["accuracy"] < old["accuracy"] - TOLERANCE:
        faults.append(f"accuracy fell from {old['accuracy']:.4f} to {new['accuracy']:.4f}")
    if new["missed material"] > old["missed material"] + TOLERANCE:
        change = f"{old['missed material']:.4f} to {new['missed material']:.4f}"
        faults.append(f"missed material differences rose from {change}")
    return faults


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
