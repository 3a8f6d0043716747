"""The Compose file: what it starts, with which secrets, and what reaches it from outside."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.fernet import Fernet

from tests.project.test_house_rules import ROOT, environment_variables

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROGRAMS = ("prepare", "web-blue", "web-green", "worker", "beat")
SCRIPT = (ROOT / "deploy" / "bin" / "secrets").read_text()


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def make_secrets(folder: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(folder), "HOST_NAME": "names.example"}
    subprocess.run(["deploy/bin/secrets"], cwd=ROOT, env=environment, check=True)


def read_all(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_every_secret_is_made_once_and_stays_as_it_is(secrets: Path) -> None:
    made = read_all(secrets)
    assert {*COMPOSE["secrets"], "tls/tls.crt", "tls/tls.key"} == set(made)
    make_secrets(secrets)
    assert read_all(secrets) == made
    assert len(set(made.values())) == len(made)


def test_the_folder_of_secrets_lets_only_its_owner_in(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.rglob("*") if path.is_file()} == {0o444}


def test_names_can_be_encrypted_by_the_key_and_the_certificate_is_for_the_host(secrets: Path) -> None:
    Fernet((secrets / "field_encryption_keys").read_text())
    certificate = x509.load_pem_x509_certificate((secrets / "tls" / "tls.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["names.example"]


def test_the_addresses_of_stores_hold_the_passwords_of_the_stores(secrets: Path) -> None:
    made = read_all(secrets)
    assert (
        made["database_url"]
        == f"postgresql://legal_names:{made['database_password']}@postgres:5432/legal_names"
    )
    assert made["database_owner_password"] in made["database_owner_url"]
    assert made["valkey_password"] in made["redis_url"]
    assert made["mlflow_password"] in made["mlflow_tracking_uri"]
    roles = (ROOT / "deploy" / "compose" / "roles.sh").read_text()
    assert set(re.findall(r"CREATE ROLE (\w+)", roles)) == {"legal_names_owner", "legal_names", "mlflow"}


OF_THE_CLIENT_OF_S3 = {
    "AWS_ENDPOINT_URL_S3",
    "AWS_DEFAULT_REGION",
    "AWS_SHARED_CREDENTIALS",
    "MLFLOW_S3_ENDPOINT_URL",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_told_only_settings_that_exist_and_has_each_secret_it_names(name: str) -> None:
    environment = SERVICES[name]["environment"]
    named = {variable.removesuffix("_FILE") for variable in environment}
    assert named - environment_variables() == OF_THE_CLIENT_OF_S3
    files = {value for variable, value in environment.items() if variable.endswith("_FILE")}
    assert files == {f"/run/secrets/{secret}" for secret in SERVICES[name]["secrets"]}
    assert not [
        variable for variable in environment if re.fullmatch(r".*(KEY|PASSWORD|TOKEN|PEPPER)", variable)
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_can_write_only_where_it_must_and_has_no_privilege(name: str) -> None:
    program = SERVICES[name]
    assert (program["read_only"], program["cap_drop"]) == (True, ["ALL"])
    assert program["security_opt"] == ["no-new-privileges:true"]
    assert program["tmpfs"] == ["/tmp:mode=1777"]  # noqa: S108
    assert program["volumes"] == ["data:/data"]  # one for all: files of bulk jobs


def test_only_preparation_connects_as_the_owner_of_the_tables() -> None:
    owners = {name for name in PROGRAMS if "DATABASE_OWNER_URL_FILE" in SERVICES[name]["environment"]}
    assert owners == {"prepare"}


def test_programs_start_after_the_stores_are_healthy_and_the_database_is_prepared() -> None:
    for name in ("web-blue", "web-green", "worker", "beat"):
        conditions = {store: told["condition"] for store, told in SERVICES[name]["depends_on"].items()}
        assert conditions == {
            "postgres": "service_healthy",
            "valkey": "service_healthy",
            "prepare": "service_completed_successfully",
        }


def test_there_are_two_web_programs_of_a_colour_and_one_beat() -> None:
    assert SERVICES["web-blue"]["deploy"] == {"replicas": 2}
    assert "deploy" not in SERVICES["beat"]
    assert [name for name in SERVICES if "profiles" in SERVICES[name]] == ["web-green"]


def test_everything_but_preparation_starts_again_when_it_ends() -> None:
    assert {name for name, service in SERVICES.items() if service["restart"] != "unless-stopped"} == {
        "prepare"
    }


def test_nothing_but_the_gateway_is_reached_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    outside = {
        name for name, ports in published.items() if not all(p.startswith("127.0.0.1:") for p in ports)
    }
    assert outside == {"nginx"}
    assert [name for name, service in SERVICES.items() if "edge" in service["networks"]] == [
        "haproxy",
        "nginx",
        "blackbox",
    ]


def test_prometheus_asks_services_that_exist() -> None:
    described = yaml.safe_load((ROOT / "deploy" / "compose" / "prometheus.yml").read_text())
    asked = {
        name
        for job in described["scrape_configs"]
        for found in job.get("dns_sd_configs", [])
        for name in found["names"]
    }
    assert asked == set(PROGRAMS) - {"prepare"}


def test_a_missing_compose_is_one_sentence() -> None:
    done = subprocess.run(
        ["deploy/bin/up"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COMPOSE": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "deploy/bin/up: install Docker Compose, or name it in COMPOSE.\n",
    )
