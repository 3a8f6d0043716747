"""The clients call what the API has: found without building them, which `make clients` does."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.project.test_house_rules import ROOT

CLIENTS = ROOT / "clients"
DOCUMENT: dict[str, Any] = json.loads((CLIENTS / "openapi.json").read_text(encoding="utf-8"))
IMPORT = re.compile(
    r"^from legal_names_client\.generated\.(api\.\w+|models) import (\([^)]*\)|[\w, ]+)$", re.M
)


WITHOUT_A_METHOD = {
    "daily_metrics",
    "model_performance_trends",
    "user_activity",
    "experiments",
    "experiment",
    "experiment_results",
    "record_metric",
    "review_quality",
}
"""Operations for analysts, engineers and leads: called by `client.api`, as the READMEs say."""
SENT_BY_HAND = {
    "job_create",
    "job_result",
    "predictions_export",
    "prediction_memo",
    "prediction_report",
    "review_document",
    "review_documents_send",
    "token",
    "token_refresh",
}
"""Files that are streamed, and signing in: written without the generated code in one client or both."""


def imports_of_the_python_client(what: str) -> set[str]:
    """The names that the layer written by hand imports from generated code."""
    found = set()
    for path in (CLIENTS / "python" / "legal_names_client").rglob("*.py"):
        for module, names in IMPORT.findall(path.read_text(encoding="utf-8")):
            if module.startswith(what):
                found |= set(re.findall(r"\w+", names))
    return found


def calls_of_the_typescript_client() -> set[tuple[str, str]]:
    """The methods and addresses that the layer written by hand calls by the generated types."""
    source = "\n".join(
        path.read_text(encoding="utf-8") for path in (CLIENTS / "typescript" / "src").glob("*.ts")
    )
    return set(re.findall(r"\.(GET|POST|PATCH|DELETE)\(\s*\"(/api/v1/[^\"]+)\"", source))


def operations() -> Iterator[dict[str, Any]]:
    for methods in DOCUMENT["paths"].values():
        yield from methods.values()


def test_the_python_client_imports_operations_and_models_of_the_document() -> None:
    called, known = imports_of_the_python_client("api"), {row["operationId"] for row in operations()}
    assert len(called) > 30
    assert called - known == set()
    # Enumerations of a query are models of the client only, named after their operation.
    models = imports_of_the_python_client("models") - set(DOCUMENT["components"]["schemas"])
    assert {
        name for name in models if not name.startswith(("Predictions", "JobRows", "WebhookDeliveries"))
    } == set()


def test_both_clients_have_a_method_for_what_an_application_needs() -> None:
    expected = {row["operationId"] for row in operations()} - WITHOUT_A_METHOD - SENT_BY_HAND
    assert expected - imports_of_the_python_client("api") == set()
    addresses = {
        (method.upper(), path): row["operationId"]
        for path, methods in DOCUMENT["paths"].items()
        for method, row in methods.items()
    }
    assert expected - {addresses[call] for call in calls_of_the_typescript_client()} == set()


def test_the_typescript_client_calls_addresses_of_the_document() -> None:
    calls = calls_of_the_typescript_client()
    known = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert len(calls) > 30
    assert calls - known == set()


def test_every_kind_of_file_that_the_api_takes_or_sends_can_be_generated() -> None:
    settings = yaml.safe_load((CLIENTS / "python" / "generator.yaml").read_text(encoding="utf-8"))
    kinds = {
        kind
        for operation in operations()
        for part in (*operation["responses"].values(), operation.get("requestBody", {}))
        for kind in part.get("content", {})
    }
    plain = {"application/json", "application/problem+json", "multipart/form-data"}
    assert kinds - plain - set(settings["content_type_overrides"]) == set()
