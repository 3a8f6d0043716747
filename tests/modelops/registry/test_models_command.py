"""``manage.py models``: list, verify, export and import."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.encryption.crypto import sha256
from feedback.retraining.pipeline import retrain
from matching.serving.starting_model import install_shipped_model
from modelops.models import ModelArtefact, ModelVersion
from modelops.registry import mlflow_registry
from modelops.validation import estimators
from modelops.validation.estimators import EstimatorError
from modelops.validation.validation_set import unpack_validation_set
from tests.models import installed, scoring_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_registry")]


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("models", *arguments, stdout=output)
    return output.getvalue()


def test_versions_are_listed_with_what_is_live_and_shown_by_the_beginning_of_their_name() -> None:
    installed()
    scoring_version("2")
    lines = run("list").splitlines()
    assert len(lines) == 2
    assert "champion for all profiles" in lines[1]
    details = json.loads(run("show", "2"))
    assert (details["version"], details["fits_this_program"]) == ("2", True)
    with pytest.raises(CommandError, match="no version is or begins with 9"):
        run("show", "9")


def test_damage_is_found_and_named() -> None:
    installed()
    broken = scoring_version("2")
    assert "as registered" in run("verify")
    ModelArtefact.objects.filter(pk=broken.artefact_id).update(content=b"damaged")
    with pytest.raises(CommandError, match="1 faults in 2 versions"):
        run("verify")
    assert "as registered" in run("verify", "1")


@pytest.mark.usefixtures("quick_training")
def test_a_trained_version_is_verified_down_to_its_estimator_and_carried_elsewhere(
    tmp_path: Path, settings: Settings
) -> None:
    version = retrain("to carry", None, corpus_size=1_500).model
    assert version is not None
    assert "as registered" in run("verify", version.version)
    file, key = tmp_path / "version.zip", tmp_path / "key"
    key.write_bytes(b"a key that both installations were given")
    run("export", version.version, str(file), "--key-file", str(key))
    with pytest.raises(CommandError, match="registered already"):
        run("import", str(file), "--key-file", str(key))

    validation_set, answers = version.validation_set, version.golden_predictions
    assert validation_set is not None
    check_estimator(version)
    version.training_runs.update(model=None)
    ModelVersion.objects.all().delete()
    settings.ARTEFACT_KEY = "the key of another installation entirely"
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{tmp_path}/another.db"
    with pytest.raises(CommandError, match="signed with another key"):
        run("import", str(file))
    run("import", str(file), "--key-file", str(key))
    again = ModelVersion.objects.get()
    assert (again.version, again.card, again.validation_set, again.golden_predictions) == (
        version.version,
        version.card,
        validation_set,
        answers,
    )
    assert again.measured.filter(slice="kind: organisation").exists()
    assert "as registered" in run("verify")


def check_estimator(version: ModelVersion) -> None:
    content = mlflow_registry.fetch_file(version.mlflow_run_id, "model.skops")
    with pytest.raises(EstimatorError, match="not the file that was registered"):
        estimators.load_estimator(content + b" ", sha256(content))
    estimator = estimators.load_estimator(content, sha256(content))
    assert version.validation_set is not None
    validation_set = unpack_validation_set(bytes(version.validation_set.content))

    class Liar:
        def predict_probabilities(self, rows: object) -> list[float]:
            return list(np.full(len(validation_set), 0.5))

    with pytest.raises(EstimatorError, match="differ by"):
        estimators.compare_with_served(estimator, Liar(), validation_set)


def test_a_changed_bundle_is_refused_before_anything_in_it_is_used(tmp_path: Path) -> None:
    version, _ = install_shipped_model()
    file = tmp_path / "version.zip"
    run("export", version.version, str(file))
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name, content, message in (
        ("model.json", b"{}", "model.json is not the file that was exported"),
        ("manifest.json", files["manifest.json"].replace(b"legal-names", b"other-names"), "was changed"),
    ):
        with zipfile.ZipFile(file, "w") as archive:
            for each, kept in files.items():
                archive.writestr(each, content if each == name else kept)
        with pytest.raises(CommandError, match=message):
            run("import", str(file))
    file.write_bytes(b"not a zip")
    with pytest.raises(CommandError, match="not a bundle"):
        run("import", str(file))
