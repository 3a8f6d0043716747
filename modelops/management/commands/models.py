"""``manage.py models``: list, show, verify, export, import versions, and show MLflow's pages."""

from __future__ import annotations

import contextlib
import json
import subprocess
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from accounts.dates import format_moment
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Deployment, ModelVersion, describe_profile
from modelops.registry import bundles, mlflow_registry, read_only_pages
from modelops.registry.bundles import BundleError
from modelops.registry.mlflow_registry import REGISTRY_ERRORS
from modelops.registry.read_only_pages import PagesError
from modelops.serving.loader import ArtefactVerificationError, read_verified_artefact
from modelops.validation import estimators, gate_checks
from modelops.validation.estimators import EstimatorError
from modelops.validation.validation_set import unpack_validation_set
from modelops.validation.validator import get_validator


class Command(BaseCommand):
    """Manages registered versions from the command line; promotion happens in the admin."""

    help = "List, show, verify, export and import model versions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define a subcommand for each verb."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="every version, the newest first")
        _add_version_argument(verbs.add_parser("show", help="all details of a version"))
        verify = verbs.add_parser("verify", help="check stored bytes, signature, features and golden pairs")
        verify.add_argument("version", nargs="?", help="without it, all versions")
        export = verbs.add_parser("export", help="write a version as one signed file")
        _add_version_argument(export)
        export.add_argument("file", type=Path)
        bring = verbs.add_parser("import", help="register a version from a signed file")
        bring.add_argument("file", type=Path)
        pages = verbs.add_parser("ui", help="show MLflow's pages on this machine, read-only")
        pages.add_argument("--port", type=int, default=5005)
        pages.add_argument("--python", type=Path, default=Path(settings.VAR_DIR) / "mlflow-ui/bin/python")
        for verb in (export, bring):
            verb.add_argument(
                "--key-file",
                type=Path,
                help="key of the signature (without it: ARTEFACT_KEY)",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the verb. Raises ``CommandError`` with one sentence when it fails."""
        verb = getattr(self, f"_{options['verb']}")
        try:
            verb(options)
        except (ArtefactVerificationError, BundleError, PagesError, OSError) as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        live = {
            row.model_id: f"{row.role} for {describe_profile(row.profile)}"
            for row in Deployment.objects.live()
        }
        for version in ModelVersion.objects.defer("card"):
            accuracy = "-" if version.accuracy is None else f"{version.accuracy:.4f}"
            state = live.get(version.pk, "" if version.is_active else "withdrawn")
            self.stdout.write(f"{version!s:<50} {format_moment(version.created_at)}  {accuracy:>7}  {state}")

    def _show(self, options: dict[str, Any]) -> None:
        version = _find_version(options["version"])
        details = {
            "name": version.name,
            "version": version.version,
            "created_at": version.created_at.isoformat(),
            "sha256": version.artefact_id,
            "schema": version.schema_hash,
            "fits_this_program": version.schema_hash == get_validator().get_schema_hash(),
            "libraries": version.libraries,
            "datasets": version.datasets,
            "metrics": version.metrics,
            "mlflow_run_id": version.mlflow_run_id,
            "model_path": version.model_path,
        }
        self.stdout.write(json.dumps(details, indent=2, ensure_ascii=False))
        self.stdout.write(version.card)

    def _verify(self, options: dict[str, Any]) -> None:
        text = options["version"]
        versions = [_find_version(text)] if text else list(ModelVersion.objects.all())
        fault_count = 0
        for version in versions:
            faults = [*_find_faults(version), *_find_estimator_faults(version)]
            fault_count += len(faults)
            self.stdout.write(f"{version}: {'; '.join(faults) or 'as registered'}")
        if fault_count:
            raise CommandError(f"{fault_count} faults in {len(versions)} versions")

    def _export(self, options: dict[str, Any]) -> None:
        version = _find_version(options["version"])
        extra = _fetch_extra_files(version, ("model.skops",))
        content = bundles.build_bundle(version, _read_key(options), extra)
        options["file"].write_bytes(content)
        self.stdout.write(f"{version}: {len(content):,} bytes in {options['file']}, signed")

    def _ui(self, options: dict[str, Any]) -> None:
        """Serve the pages until Ctrl-C."""
        command = read_only_pages.build_command(options["python"], options["port"])
        environment = read_only_pages.build_environment(settings.MLFLOW_TRACKING_URI)
        self.stdout.write(f"MLflow, read-only: http://127.0.0.1:{options['port']}/ (Ctrl-C ends it)")
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run(command, env=environment, check=False)  # noqa: S603 - our own arguments

    def _import(self, options: dict[str, Any]) -> None:
        bundle = bundles.read_bundle(options["file"].read_bytes(), _read_key(options))
        registration = bundle.registration
        name, number = registration.name, registration.version
        if ModelVersion.objects.filter(name=name, version=number).exists():
            raise CommandError(f"{name} {number} is registered already")
        try:
            version = register_version(_log_imported_version(registration, bundle.files), None)
        except (IntegrityError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{version} is registered; request its promotion in the admin"))


def _add_version_argument(parser: ArgumentParser) -> None:
    parser.add_argument("version", help="version, or its beginning where that is clear")


def _find_version(text: str) -> ModelVersion:
    versions = list(
        ModelVersion.objects.filter(version__startswith=text).select_related("artefact", "validation_set")[:2]
    )
    exact = [version for version in versions if version.version == text]
    if len(exact or versions) != 1:
        what = "several versions begin with" if versions else "no version is or begins with"
        raise CommandError(f"{what} {text}; see `manage.py models list`")
    return (exact or versions)[0]


def _read_key(options: dict[str, Any]) -> bytes:
    path = options["key_file"]
    key: bytes = path.read_bytes().strip() if path else settings.ARTEFACT_KEY.encode()
    if len(key) < 16:
        raise CommandError("the key has fewer than 16 bytes")
    return key


def _find_faults(version: ModelVersion) -> list[str]:
    """Return the findings of the red hard gates of the stored version."""
    gates = gate_checks.evaluate_gates(version, "*")
    return [gate["summary"] for gate in gates if gate["hard"] and gate["state"] == "red"]


def _find_estimator_faults(version: ModelVersion) -> list[str]:
    """Return how the estimator in MLflow differs from the registered one or from what is served."""
    described = json.loads(read_verified_artefact(version)) if not _find_faults(version) else {}
    digest = described.get("training", {}).get("estimator_sha256")
    if not digest or not version.mlflow_run_id or version.validation_set is None:
        return []
    try:
        estimator = estimators.load_estimator(
            mlflow_registry.fetch_file(version.mlflow_run_id, "model.skops"), digest
        )
        served = get_validator().build_scorer(read_verified_artefact(version))
        estimators.compare_with_served(
            estimator, served, unpack_validation_set(bytes(version.validation_set.content))
        )
    except (EstimatorError, *REGISTRY_ERRORS, OSError) as error:
        return [str(error)]
    return []


def _fetch_extra_files(version: ModelVersion, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return files of the registry, or none when they are missing; a bundle is valid without them."""
    if not version.mlflow_run_id:
        return {}
    try:
        return {name: mlflow_registry.fetch_file(version.mlflow_run_id, name) for name in names}
    except (*REGISTRY_ERRORS, OSError):
        return {}


def _log_imported_version(registration: VersionRegistration, files: Any) -> VersionRegistration:
    """Log an imported version in MLflow; return its registration with the location."""
    numbers = {
        name: float(value) for name, value in registration.metrics.items() if isinstance(value, int | float)
    }
    kept = {name: content for name, content in files.items() if not name.startswith("manifest")}
    logged = mlflow_registry.log_version(
        registration.name, registration.version, kept, {"imported": True}, numbers
    )
    return replace(registration, model_path=logged.source, mlflow_run_id=logged.run_id)
