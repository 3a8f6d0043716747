"""A version as one file, to carry it to another installation: signed, and checked before it is used."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelops.examining.examiner import examiner
from modelops.models import ModelVersion
from modelops.services import Registration, SliceMetric
from modelops.serving.loader import verified_content

FORMAT = 1
LARGEST = 200 * 2**20
"""Bytes of a bundle's files together, at most."""

_MANIFEST, _SIGNATURE = "manifest.json", "manifest.hmac"
_MODEL, _EXAM, _CARD = "model.json", "exam.npz", "MODEL_CARD.md"


class BundleError(ValueError):
    """The file is no bundle, was changed, or was signed with another key; the message says which."""


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds, after every check."""

    manifest: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def registration(self) -> Registration:
        """What is registered of it here."""
        said = self.manifest
        return Registration(
            name=said["name"],
            version=said["version"],
            content=self.files[_MODEL],
            schema_hash=said["schema"],
            accuracy=said["accuracy"],
            metrics=said["metrics"],
            libraries=said["libraries"],
            slices=[SliceMetric(**row) for row in said["slices"]],
            datasets=said["datasets"],
            card=self.files.get(_CARD, b"").decode(),
            exam=self.files.get(_EXAM, b""),
        )


def packed(version: ModelVersion, key: bytes, extra: Mapping[str, bytes]) -> bytes:
    """Return a version as a signed bundle; ``extra`` are files of the registry, such as the estimator.

    Raises ``ArtefactError`` if the stored bytes are not the registered ones.
    """
    files = {**extra, _MODEL: verified_content(version)}
    if version.exam:
        files[_EXAM] = bytes(version.exam.content)
    if version.card:
        files[_CARD] = version.card.encode()
    manifest = json.dumps(_manifest(version, files), sort_keys=True, indent=1).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MANIFEST, manifest)
        archive.writestr(_SIGNATURE, _signature(key, manifest))
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return target.getvalue()


def opened(content: bytes, key: bytes) -> Bundle:
    """Check a bundle's signature, then every file against it, then that it fits this program.

    Raises :class:`BundleError`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise BundleError(f"the bundle holds more than {LARGEST // 2**20} MiB")
            files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except zipfile.BadZipFile as error:
        raise BundleError("this file is not a bundle of a model version") from error
    return Bundle(_checked(files, key), files)


def _checked(files: Mapping[str, bytes], key: bytes) -> Mapping[str, Any]:
    manifest = files.get(_MANIFEST, b"")
    if not hmac.compare_digest(files.get(_SIGNATURE, b"").decode("latin-1"), _signature(key, manifest)):
        raise BundleError("the bundle was changed, or signed with another key than the one given")
    said: Mapping[str, Any] = json.loads(manifest)
    if said["format"] != FORMAT:
        raise BundleError(f"the bundle has format {said['format']}, this program reads {FORMAT}")
    for name, digest in said["files"].items():
        if hashlib.sha256(files.get(name, b"")).hexdigest() != digest:
            raise BundleError(f"{name} is not the file that was exported")
    if said["schema"] != examiner().schema():
        raise BundleError("the version was trained for other features than this program computes")
    return said


def _manifest(version: ModelVersion, files: Mapping[str, bytes]) -> dict[str, Any]:
    measured = version.measured.filter(window="").exclude(slice="")
    slices = [
        {"metric": row.metric_name, "slice": row.slice, "value": float(row.metric_value), "n": row.n or 0}
        for row in measured.order_by("slice", "metric_name")
    ]
    return {
        "format": FORMAT,
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


def _signature(key: bytes, manifest: bytes) -> str:
    return hmac.digest(key, manifest, "sha256").hex()
