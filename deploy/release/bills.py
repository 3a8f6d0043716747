"""`python -m deploy.release.bills FOLDER`: the bill of materials of the shipped model, and the provenance.

`mlbom.json` (CycloneDX 1.6) names the model by its digests, what it was trained on and what it scored;
`provenance.json` (in-toto statement, SLSA provenance 1) says from which commit and by whom everything in the
folder was built.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "matching" / "engine" / "model"
MODEL_FILES = ("model.json", "model.skops", "MODEL_CARD.md")
LOCKS = ("requirements.lock", "requirements-web.lock", "requirements-dev.lock")
REPOSITORY = "https://github.com/legal-names/legal-name-comparison"


def main(folder: Path) -> None:
    """Write both files into the folder, the provenance last because it lists what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "mlbom.json", build_model_bill())
    subjects = [
        path for path in sorted(folder.iterdir()) if path.name != "provenance.json" and path.is_file()
    ]
    write_json(folder / "provenance.json", build_provenance(subjects))


def build_model_bill() -> dict[str, Any]:
    """Return the bill of materials of the shipped model."""
    manifest = json.loads((MODEL / "model.json").read_text(encoding="utf-8"))
    component = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": manifest["name"],
        "version": manifest["version"],
        "hashes": [{"alg": "SHA-256", "content": digest(MODEL / "model.json")}],
        "components": [_describe_file(MODEL / name) for name in MODEL_FILES],
        "modelCard": _build_card(manifest),
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component},
    }


def build_provenance(subjects: list[Path]) -> dict[str, Any]:
    """Return the statement on what these files were built from."""
    run = os.environ.get("GITHUB_RUN_ID", "")
    source = os.environ.get("GITHUB_REPOSITORY", "")
    repository = f"{os.environ['GITHUB_SERVER_URL']}/{source}" if source else REPOSITORY
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": path.name, "digest": {"sha256": digest(path)}} for path in subjects],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {
                    "workflow": {"repository": repository, "path": ".github/workflows/pipeline.yml"}
                },
                "resolvedDependencies": [
                    {"uri": f"git+{repository}", "digest": {"gitCommit": read_commit()}},
                    *(_describe_lock(ROOT / name) for name in LOCKS),
                ],
            },
            "runDetails": {
                "builder": {"id": f"{repository}/actions" if run else "an operator's machine"},
                "metadata": {"invocationId": run},
            },
        },
    }


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_commit() -> str:
    """Return the commit that is checked out."""
    command = ["git", "-c", f"safe.directory={ROOT}", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document so that equal content makes equal bytes."""
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _describe_file(path: Path) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest(path)}]
    return {"type": "file", "name": path.name, "hashes": hashes}


def _describe_lock(path: Path) -> dict[str, Any]:
    return {"uri": path.name, "digest": {"sha256": digest(path)}}


def _build_card(manifest: dict[str, Any]) -> dict[str, Any]:
    training = manifest["training"]
    metrics = [
        {"type": name, "value": str(value)}
        for name, value in sorted(training["held_out"].items())
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return {
        "modelParameters": {
            "task": "is the difference between two legal names material",
            "inputs": [{"format": name} for name in manifest["features"]],
            "outputs": [{"format": "probability that the difference is material, 0 to 1"}],
        },
        "quantitativeAnalysis": {"performanceMetrics": metrics},
        "properties": [{"name": "feature schema", "value": manifest["schema"]}],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
