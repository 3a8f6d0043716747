"""Versions outside of this product: MLflow's loader in a plain environment; MLflow's pages, read-only."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings

from config.local.ports import find_free_port
from matching.engine import compare
from matching.serving.starting_model import install_shipped_model
from modelops.registry import mlflow_registry
from modelops.registry.mlflow_registry import REGISTERED_MODEL
from modelops.registry.read_only_pages import build_command, build_environment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_registry")]

PAIRS = [
    {"name1": "Larkspur Shipping, Inc.", "name2": "Larkspur Shipping Incorporated", "profile": "general"},
    {"name1": "Juniper Fund II LP", "name2": "Juniper Fund III LP", "profile": "kyc"},
    {"name1": "Marta Rey Solano", "name2": "Marta Rei Solano", "profile": "kyc"},
]
LOAD = """
import json, sys, mlflow, pandas
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/legal_name_comparison@champion")
rows = model.predict(pandas.DataFrame(json.loads(sys.argv[2])))
example = model.predict(model.input_example)
print(json.dumps({
    "rows": rows.to_dict("records"),
    "example": example["verdict"].tolist(),
    "inputs": model.metadata.signature.inputs.input_names(),
    "outputs": model.metadata.signature.outputs.input_names(),
    "django": "django" in sys.modules,
}))
"""


def environment(name: str) -> Path:
    """The program of an environment of its own, installed if it is not."""
    subprocess.run(["make", "--silent", f"var/{name}/.installed"], cwd=settings.BASE_DIR, check=True)
    return Path(settings.BASE_DIR, "var", name, "bin", "python")


def test_the_champion_loads_in_a_plain_environment_and_decides_as_the_engine_does(tmp_path: Path) -> None:
    install_shipped_model()
    assert "champion" in mlflow_registry.mirror_aliases()
    command = [str(environment("pyfunc")), "-c", LOAD, settings.MLFLOW_TRACKING_URI, json.dumps(PAIRS)]
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    said = json.loads(done.stdout.splitlines()[-1])
    for pair, row in zip(PAIRS, said["rows"], strict=True):
        expected = compare(pair["name1"], pair["name2"], pair["profile"])
        assert (row["verdict"], row["reason"]) == (expected.verdict.value, expected.reason)
        assert row["material_probability"] == pytest.approx(expected.material_probability)
    assert said["example"] == ["immaterial"]
    assert said["inputs"] == ["name1", "name2", "profile", "kind"]
    assert said["outputs"] == ["verdict", "material_probability", "confidence", "reason"]
    assert said["django"] is False


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[str]:
    """MLflow's pages over a store with the shipped model."""
    install_shipped_model()
    port = find_free_port()
    command = build_command(environment("mlflow-ui"), port)
    served = {**build_environment(settings.MLFLOW_TRACKING_URI), "HOME": str(tmp_path)}
    with (tmp_path / "pages.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=served, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            requests.get(address, timeout=20)
            return
        except requests.RequestException:
            time.sleep(0.2)


def test_the_pages_of_mlflow_show_versions_and_cannot_change_them(pages: str) -> None:
    api = f"{pages}/api/2.0/mlflow"
    assert "<html" in requests.get(pages, timeout=60).text
    found = requests.get(f"{api}/registered-models/get", {"name": REGISTERED_MODEL}, timeout=60)
    assert found.json()["registered_model"]["latest_versions"][0]["version"] == "1"
    body = {"name": REGISTERED_MODEL, "description": "changed"}
    refused = requests.patch(f"{api}/registered-models/update", json=body, timeout=60)
    assert refused.status_code >= 400
    alias = {"name": REGISTERED_MODEL, "alias": "champion", "version": "1"}
    assert requests.post(f"{api}/registered-models/alias", json=alias, timeout=60).status_code >= 400
    model = mlflow_registry.create_client().get_registered_model(REGISTERED_MODEL)
    assert (model.description or "", dict(model.aliases)) == ("", {})
