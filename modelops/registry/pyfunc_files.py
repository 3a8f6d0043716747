"""The files that make a logged version loadable by ``mlflow.pyfunc.load_model``, written without pandas.

MLflow's own writer needs pandas, which no process of this product loads; the files are plain YAML and JSON,
and a test loads them with the real thing.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from uuid import uuid4

import yaml

CODE_FILE = "model_code.py"
_EXAMPLE = {
    "name1": "Larkspur Shipping, Inc.",
    "name2": "Larkspur Shipping Incorporated",
    "profile": "general",
}
_INPUTS = (("name1", True), ("name2", True), ("profile", False), ("kind", False))
_OUTPUTS = (
    ("verdict", "string"),
    ("material_probability", "double"),
    ("confidence", "double"),
    ("reason", "string"),
)
_PACKAGE = "legal-name-comparison[pyfunc]"
_NEEDED = ("mlflow-skinny", "numpy")
"""Packages whose versions matter to what is computed or read."""


def build_pyfunc_files(model_file: str, code: str) -> Mapping[str, bytes]:
    """Return the files to log beside the compiled model named ``model_file``, by name."""
    requirements = [_PACKAGE, *(f"{name}=={version(name)}" for name in _NEEDED)]
    example = {"columns": list(_EXAMPLE), "data": [list(_EXAMPLE.values())]}
    files = {
        CODE_FILE: code,
        "input_example.json": json.dumps(example, indent=1),
        "requirements.txt": "\n".join(requirements) + "\n",
        "MLmodel": yaml.safe_dump(_build_manifest(model_file), sort_keys=False),
    }
    return {name: content.encode() for name, content in files.items()}


def _build_manifest(model_file: str) -> dict[str, object]:
    inputs = [{"type": "string", "name": name, "required": required} for name, required in _INPUTS]
    outputs = [{"type": kind, "name": name, "required": name != "confidence"} for name, kind in _OUTPUTS]
    return {
        "artifact_path": "model",
        "flavors": {
            "python_function": {
                "artifacts": {"model": {"path": model_file, "uri": model_file}},
                "loader_module": "mlflow.pyfunc.model",
                "model_code_path": CODE_FILE,
                "python_version": platform.python_version(),
                "streamable": False,
            }
        },
        "mlflow_version": version("mlflow-skinny"),
        "model_uuid": uuid4().hex,
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None},
        "utc_time_created": datetime.now(UTC).isoformat(sep=" ").removesuffix("+00:00"),
    }
