"""The manifests of the cluster; `make lint-deploy` renders them and judges them by Kubernetes' schemas."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.project.test_house_rules import ROOT, environment_variables

K8S = ROOT / "deploy" / "k8s"
Manifest = dict[str, Any]


def load(folder: str) -> Iterator[Manifest]:
    for path in sorted((K8S / folder).glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


BASE = list(load("base"))
WORKLOADS = [found for found in BASE if found["kind"] in {"Deployment", "Job"}]


def find(kind: str, name: str) -> Manifest:
    return next(found for found in BASE if (found["kind"], found["metadata"]["name"]) == (kind, name))


def pod(workload: Manifest) -> Manifest:
    spec: Manifest = workload["spec"]["template"]["spec"]
    return spec


def containers() -> Iterator[Manifest]:
    for workload in WORKLOADS:
        yield from pod(workload)["containers"]
        yield from pod(workload).get("initContainers", [])


def test_every_program_of_the_product_runs_in_the_cluster() -> None:
    assert {found["metadata"]["name"] for found in WORKLOADS} == {"web", "worker", "beat", "prepare"}
    assert find("Deployment", "web")["spec"]["replicas"] == 3
    assert {found["args"][0] for found in containers()} == {"web", "worker", "beat", "prepare", "manage"}


def test_every_container_keeps_to_the_restricted_standard_and_says_what_it_needs() -> None:
    for found in containers():
        assert found["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(found["resources"]["requests"])
        assert "memory" in found["resources"]["limits"]
        assert [mount["name"] for mount in found["volumeMounts"]] == ["data", "scratch"]
    for workload in WORKLOADS:
        security = pod(workload)["securityContext"]
        assert (security["runAsNonRoot"], security["runAsUser"]) == (True, 1000)
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod(workload)["automountServiceAccountToken"] is False


def test_there_is_never_a_second_beat() -> None:
    beat = find("Deployment", "beat")["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_no_pod_of_a_new_version_serves_before_its_tables_are_there() -> None:
    for name in ("web", "worker", "beat"):
        waiting = pod(find("Deployment", name))["initContainers"]
        assert [found["args"] for found in waiting] == [["manage", "migrate", "--check"]]


def test_web_pods_are_asked_by_the_probes_of_the_product_and_finish_their_requests() -> None:
    web = pod(find("Deployment", "web"))["containers"][0]
    paths = {
        name: web[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": "/health", "livenessProbe": "/health", "readinessProbe": "/ready"}
    assert find("Deployment", "web")["spec"]["strategy"]["rollingUpdate"] == {
        "maxSurge": 1,
        "maxUnavailable": 0,
    }
    assert pod(find("Deployment", "web"))["terminationGracePeriodSeconds"] > 20 + 5


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_background_programs_are_asked_whether_they_are_alive(program: str) -> None:
    found = pod(find("Deployment", program))["containers"][0]
    assert found["livenessProbe"]["exec"]["command"][-2:] == ["config.process.health", program]
    assert {"name": "PROCESS_ROLE", "value": program} in found["env"]


def test_only_preparation_gets_the_secret_of_the_owner() -> None:
    with_owner = [
        found["metadata"]["name"]
        for found in WORKLOADS
        if {"secretRef": {"name": "legal-names-owner"}} in pod(found)["containers"][0]["envFrom"]
    ]
    assert with_owner == ["prepare"]


def test_pods_reach_and_are_reached_only_as_listed() -> None:
    denial = find("NetworkPolicy", "nothing")["spec"]
    assert (denial["podSelector"], denial["policyTypes"]) == ({}, ["Ingress", "Egress"])
    assert {"ingress", "egress"} & set(denial) == set()
    reached = find("NetworkPolicy", "requests")["spec"]
    assert reached["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 5001}]


def test_paths_of_monitoring_are_not_for_the_world() -> None:
    paths = find("Ingress", "web")["spec"]["rules"][0]["http"]["paths"]
    hidden = {found["path"] for found in paths if found["backend"]["service"]["name"] == "nobody"}
    assert hidden == {"/ready", "/metrics", "/heartbeats"}
    selector = find("Service", "nobody")["spec"]["selector"]
    assert selector not in [found["spec"]["template"]["metadata"]["labels"] for found in WORKLOADS]


def test_workers_follow_a_metric_that_the_product_has() -> None:
    metrics = find("HorizontalPodAutoscaler", "worker")["spec"]["metrics"]
    external = [found["external"]["metric"]["name"] for found in metrics if found["type"] == "External"]
    assert external == ["lnc_queue_length"]
    assert "`lnc_queue_length`" in (ROOT / "docs" / "metrics.md").read_text()


def test_the_prometheus_operator_asks_each_program_with_the_token() -> None:
    web, background = load("monitoring")
    assert (web["kind"], background["kind"]) == ("ServiceMonitor", "PodMonitor")
    token = {"credentials": {"name": "legal-names", "key": "METRICS_TOKEN"}}
    asked = [*web["spec"]["endpoints"], *background["spec"]["podMetricsEndpoints"]]
    assert [found["authorization"] for found in asked] == [token, token]
    assert "METRICS_TOKEN" in environment_variables()


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_an_overlay_names_its_host_everywhere_and_sets_only_settings_that_exist(overlay: str) -> None:
    described = yaml.safe_load((K8S / "overlays" / overlay / "kustomization.yaml").read_text())
    base = yaml.safe_load((K8S / "base" / "kustomization.yaml").read_text())
    literals = [*base["configMapGenerator"][0]["literals"], *described["configMapGenerator"][0]["literals"]]
    told = dict(line.split("=", 1) for line in literals)
    assert set(told) - environment_variables() == set()
    patch = described["patches"][0]["patch"]
    assert patch.count(f"value: {told['ALLOWED_HOSTS']}") == 2
    assert told["PUBLIC_URL"] == f"https://{told['ALLOWED_HOSTS']}"
    assert {image["name"] for image in described["images"]} == {"legal-names-web", "legal-names-worker"}


def test_with_an_object_store_every_place_of_files_is_a_bucket_and_no_volume_is_shared() -> None:
    folder = K8S / "overlays" / "production-object-store"
    described = yaml.safe_load((folder / "kustomization.yaml").read_text())
    told = dict(line.split("=", 1) for line in described["configMapGenerator"][0]["literals"])
    assert set(told) - environment_variables() == {"AWS_DEFAULT_REGION"}
    places = [told[name] for name in ("JOBS_DIR", "EVIDENCE_DIR", "MLFLOW_ARTIFACT_ROOT")]
    assert {place.partition("://")[0] for place in places} == {"s3"}
    component = yaml.safe_load((K8S / "object-store" / "kustomization.yaml").read_text())
    deletion, volumes = component["patches"]
    assert "$patch: delete" in deletion["patch"]
    assert (volumes["target"]["kind"], "emptyDir" in volumes["patch"]) == ("Deployment|Job", True)
