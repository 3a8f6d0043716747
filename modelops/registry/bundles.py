"""Bundles: a version as one signed file, for another installation."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelops.deployment.registration import SliceMetric, VersionRegistration
from modelops.models import ModelVersion
from modelops.serving.loader import read_verified_artefact
from modelops.validation.validator import get_validator

BUNDLE_FORMAT = 1
MAX_BUNDLE_BYTES = 200 * 2**20
"""Largest total size of the files of a bundle, in bytes."""

_MANIFEST_FILE, _SIGNATURE_FILE = "manifest.json", "manifest.hmac"
_MODEL_FILE, _VALIDATION_SET_FILE, _CARD_FILE = "model.json", "validation_set.npz", "MODEL_CARD.md"


class BundleError(ValueError):
    """The file is not a bundle, was changed, or was signed with another key; the message says which."""


@dataclass(frozen=True)
class Bundle:
    """The verified content of a bundle."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def registration(self) -> VersionRegistration:
        """The registration of the version in this installation."""
        manifest = self.manifest
        return VersionRegistration(
            name=manifest["name"],
            version=manifest["version"],
            content=self.files[_MODEL_FILE],
            schema_hash=manifest["schema"],
            accuracy=manifest["accuracy"],
            metrics=manifest["metrics"],
            libraries=manifest["libraries"],
            slices=[SliceMetric(**row) for row in manifest["slices"]],
            datasets=manifest["datasets"],
            card=self.files.get(_CARD_FILE, b"").decode(),
            validation_set=self.files.get(_VALIDATION_SET_FILE, b""),
        )


def build_bundle(version: ModelVersion, key: bytes, extra: Mapping[str, bytes]) -> bytes:
    """Return a version as a signed bundle; ``extra`` holds files of the registry, such as the estimator.

    Raises ``ArtefactVerificationError`` if the stored bytes are not the registered ones.
    """
    files = {**extra, _MODEL_FILE: read_verified_artefact(version)}
    if version.validation_set:
        files[_VALIDATION_SET_FILE] = bytes(version.validation_set.content)
    if version.card:
        files[_CARD_FILE] = version.card.encode()
    manifest = json.dumps(_build_manifest(version, files), sort_keys=True, indent=1).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST_FILE, manifest)
        archive.writestr(_SIGNATURE_FILE, _sign_manifest(key, manifest))
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return target.getvalue()


def read_bundle(content: bytes, key: bytes) -> Bundle:
    """Return a bundle after checking its signature, its files, and that it fits this program.

    Raises :class:`BundleError`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BUNDLE_BYTES:
                raise BundleError(f"the bundle holds more than {MAX_BUNDLE_BYTES // 2**20} MiB")
            files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise BundleError("this file is not a bundle of a model version") from error
    return Bundle(_verify_manifest(files, key), files)


def _verify_manifest(files: Mapping[str, bytes], key: bytes) -> Mapping[str, Any]:
    content = files.get(_MANIFEST_FILE, b"")
    if not hmac.compare_digest(
        files.get(_SIGNATURE_FILE, b"").decode("latin-1"), _sign_manifest(key, content)
    ):
        raise BundleError("the bundle was changed, or signed with another key than the one given")
    manifest: Mapping[str, Any] = json.loads(content)
    if manifest["format"] != BUNDLE_FORMAT:
        raise BundleError(f"the bundle has format {manifest['format']}, this program reads {BUNDLE_FORMAT}")
    for name, digest in manifest["files"].items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest:
            raise BundleError(f"{name} is not the file that was exported")
    if manifest["schema"] != get_validator().get_schema_hash():
        raise BundleError("the version was trained for other features than this program computes")
    return manifest


def _build_manifest(version: ModelVersion, files: Mapping[str, bytes]) -> dict[str, Any]:
    measured = version.measured.filter(window="").exclude(slice="")
    slices = [
        {"metric": row.metric_name, "slice": row.slice, "value": float(row.metric_value), "n": row.n or 0}
        for row in measured.order_by("slice", "metric_name")
    ]
    return {
        "format": BUNDLE_FORMAT,
        "name": version.name,
        "version": version.version,
        "schema": version.schema_hash,
        "accuracy": None if version.accuracy is None else float(version.accuracy),
        "metrics": version.metrics,
        "slices": slices,
        "libraries": version.libraries,
        "datasets": version.datasets,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }


def _sign_manifest(key: bytes, manifest: bytes) -> str:
    return hmac.digest(key, manifest, "sha256").hex()
