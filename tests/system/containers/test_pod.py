"""The web pod of the cluster, from the rendered overlay of production, run by podman beside the installation.

Podman has no cluster: what a Secret holds comes as a ConfigMap, the volume is that of Compose, and the pod
stands alone.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.test_house_rules import ROOT
from tests.system.containers.engine import PROJECT, VERSION, wait_until
from tests.system.containers.test_installation import Installation

POD = "web-of-the-cluster"
# podman 4.3 refuses Secrets and knows no claims; init containers of a pod that restarts would never end.
UNKNOWN_TO_PODMAN = ("topologySpreadConstraints",)


def render() -> list[dict[str, Any]]:
    subprocess.run(["make", "--no-print-directory", "var/lint-deploy/.installed"], cwd=ROOT, check=True)
    command = ["var/lint-deploy/bin/kubectl", "kustomize", "deploy/k8s/overlays/production"]
    rendered = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(rendered))


def build_pod(secrets: Path) -> str:
    """The pod of the Deployment, with what podman does not know replaced."""
    objects = render()
    config = next(found for found in objects if found["kind"] == "ConfigMap")
    deployment = next(
        found for found in objects if (found["kind"], found["metadata"]["name"]) == ("Deployment", "web")
    )
    template = deployment["spec"]["template"]
    spec = template["spec"]
    for container in (*spec["containers"], *spec["initContainers"]):
        container["image"] = f"localhost/legal-names-web:{VERSION}"
        container["envFrom"] = [{"configMapRef": {"name": config["metadata"]["name"]}}]
        container["envFrom"] += [{"configMapRef": {"name": "secrets"}}]
    for volume in spec["volumes"]:
        if "persistentVolumeClaim" in volume:
            volume["persistentVolumeClaim"]["claimName"] = f"{PROJECT}_data"
    spec = {key: value for key, value in spec.items() if key not in UNKNOWN_TO_PODMAN}
    settings = {
        path.name.upper(): path.read_text()
        for path in secrets.iterdir()
        if path.name.endswith(("_url", "_uri", "_key", "_keys", "_pepper", "_token"))
        and path.name not in {"database_owner_url", "smoke_key"}
    }
    return yaml.safe_dump_all(
        [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": config["metadata"]["name"]},
                "data": config["data"],
            },
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "secrets"}, "data": settings},
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": POD, "labels": template["metadata"]["labels"]},
                "spec": {**spec, "restartPolicy": "Never"},
            },
        ]
    )


@pytest.fixture
def pod(installation: Installation, tmp_path: Path) -> Iterator[str]:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(build_pod(installation.secrets))
    try:
        installation.engine.ask("play", "kube", f"--network={PROJECT}_inside", str(manifest))
        yield f"{POD}-web"
    finally:
        installation.engine.run("podman", "pod", "rm", "--force", POD)


def test_the_pod_waits_for_its_tables_starts_restricted_and_gets_ready(
    installation: Installation, pod: str
) -> None:
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:5001/ready').status)"
    program = ("podman", "exec", pod, "/app/venv/bin/python", "-c", ask)
    wait_until(lambda: installation.engine.run(*program).stdout.strip() == "200")
    described = installation.engine.inspect(pod)
    assert described["HostConfig"]["ReadonlyRootfs"] is True
    assert described["EffectiveCaps"] in (None, [])
    assert described["Config"]["User"].partition(":")[0] == "1000"
