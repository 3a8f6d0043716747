"""Retraining: one at a time, nothing used up by a failure, no name in the registry."""

import csv
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections

from accounts.models import Role
from feedback.guideline import starting_guideline
from feedback.guideline.service import publish_guideline, start_draft
from feedback.models import Feedback
from feedback.retraining.pipeline import _build_constructed_pairs, build_labelled_pairs, retrain
from feedback.tasks import reap_training_runs, retrain_queued_run
from matching.training.fitting import SYNTHETIC_WEIGHT
from matching.training.synthetic import PairsFileError, generate_pairs
from modelops.deployment import promotion
from modelops.models import Alert, TrainingRun
from modelops.registry.mlflow_registry import create_client
from modelops.training import runs
from modelops.training.fitting import TrainingError
from modelops.training.runs import TrainingBusyError
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def label(name1: str = "Acme", material: bool = True, chance: float | None = None) -> Feedback:
    stream = "uncertain" if chance else ""
    prediction = stored_prediction(name1, "Acme Ltd", stream=stream, selection_probability=chance)
    return Feedback.objects.create(
        prediction=prediction, reviewer=person(Role.REVIEWER), source="review", user_correction=material
    )


def test_a_label_weighs_one_over_its_chance_up_to_a_limit() -> None:
    rows = [label(chance=0.5), label(chance=0.001), label()]
    weights = [pair.weight * SYNTHETIC_WEIGHT for pair in build_labelled_pairs(rows)]
    assert weights == pytest.approx([2.0, 20.0, 1.0])


def test_material_means_what_the_reviewer_said() -> None:
    pairs = list(build_labelled_pairs([label(material=True), label(material=False)]))
    assert [pair.material for pair in pairs] == [True, False]


def test_labels_from_before_a_clause_changed_are_learnt_from_and_not_measured_on() -> None:
    starting_guideline.publish_starting_guideline()
    old, lead = starting_guideline.read_version(), person(Role.LEAD)
    draft = start_draft(lead, "2")
    draft.clauses.filter(categories=["O17"]).update(text="Material.")
    publish_guideline(draft, lead)
    rows = [
        word(version, category)
        for version, category in ((old, "O17"), (old, "O08"), ("2", "O17"), ("", "O17"))
    ]
    pairs = list(build_labelled_pairs(rows))
    assert [pair.is_outdated for pair in pairs] == [True, False, False, False]
    made = _build_constructed_pairs(600)
    assert {pair.is_outdated for pair in made if "O17" in pair.category} == {True}
    assert {pair.is_outdated for pair in made if "O17" not in pair.category} == {False}


def word(version: str, category: str) -> Feedback:
    row = label()
    row.guideline_version = version
    row.prediction.differences = [{"category": category}]
    return row


def test_a_run_that_fails_is_kept_and_uses_up_no_label() -> None:
    label()
    with pytest.raises(TrainingError):
        retrain("too little", None, corpus_size=1)
    run = TrainingRun.objects.get()
    assert run.status == "failed"
    assert "at least 10 are needed" in run.error
    assert Feedback.objects.pending().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_run_at_the_same_time_is_refused() -> None:
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [runs.TRAINING_LOCK_ID])
        with pytest.raises(TrainingBusyError):
            retrain("at the same time", None)
    other.close()
    assert not TrainingRun.objects.exists()


def test_a_killed_run_does_not_stay_running() -> None:
    killed = TrainingRun.objects.create(trigger="killed", status="running")
    with pytest.raises(TrainingError):
        retrain("the next", None, corpus_size=1)
    killed.refresh_from_db()
    assert (killed.status, killed.error) == ("failed", "interrupted")


def test_the_command_says_what_it_would_train_on(capsys: pytest.CaptureFixture[str]) -> None:
    label()
    call_command("retrain", "--dry-run")
    output = capsys.readouterr().out
    assert output.startswith("1 labels, 1 of them new\n")
    assert not TrainingRun.objects.exists()


def test_a_file_that_cannot_be_read_ends_the_run_with_the_line(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("name_a,name_b,label\nXylophonia,Xylo,7\n")
    with pytest.raises(PairsFileError):
        retrain("a file", None, corpus_size=1, files=[pairs])
    run = TrainingRun.objects.get()
    assert run.error == "pairs.csv, line 2: the label must be 1 (same) or 0 (different)."


@pytest.mark.usefixtures("own_registry", "quick_training")
def test_a_run_asked_for_on_screen_is_done_by_the_worker() -> None:
    assert retrain_queued_run() is None
    asked = runs.queue_run("asked", person(Role.MODEL_ENGINEER), {"corpus_size": 1_500})
    assert retrain_queued_run() == str(asked.pk)
    asked.refresh_from_db()
    assert (asked.status, asked.progress) == ("succeeded", 100)
    assert asked.model is not None
    assert retrain_queued_run() is None


def test_dead_runs_are_ended_by_the_clock() -> None:
    TrainingRun.objects.create(trigger="killed", status="running")
    assert reap_training_runs() == 1
    assert Alert.objects.get(rule="training_failed").observation == "The process of a run was killed."
    assert TrainingRun.objects.get().error == "interrupted"


@pytest.mark.usefixtures("own_registry", "quick_training")
def test_everything_about_a_candidate_is_kept_and_no_name_reaches_the_registry(tmp_path: Path) -> None:
    label("Xylophonia Quince")
    names, pairs = labelled_file(tmp_path)
    run = retrain("a file", None, corpus_size=1_500, files=[pairs])
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path != pairs]
    kept = {path.name for path in files}
    assert kept >= {"model.skops", "model.json", "MODEL_CARD.md", "slices.json"}
    assert len([name for name in kept if name.endswith(".png")]) == 5
    everything = b"".join(path.read_bytes().lower() for path in files)
    assert b"xylophonia" not in everything
    assert [name for name in names if name.lower().encode() in everything] == []
    check_version(run)


def labelled_file(folder: Path) -> tuple[set[str], Path]:
    """A labelled file, and the names in it that are long enough not to stand elsewhere by chance."""
    pairs = list(generate_pairs(7, 1_200))
    with (folder / "pairs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name_a", "name_b", "label", "kind"])
        kinds = {"organisation": "org", "individual": "person"}
        writer.writerows([row.left, row.right, int(not row.material), kinds[row.kind]] for row in pairs)
    names = {name for row in pairs for name in (row.left, row.right) if len(name) > 9}
    return names, folder / "pairs.csv"


def check_version(run: TrainingRun) -> None:
    version = run.model
    assert version is not None
    assert version.validation_set is not None
    assert version.datasets["pairs"]["pairs"] > 1_000
    assert set(version.datasets) == {"constructed", "pairs"}
    assert version.libraries["scikit-learn"]
    assert "## Results on held-out entities" in version.card
    assert 0 < version.golden_predictions["probabilities"]["identical"] <= 0.005
    assert version.measured.filter(slice="kind: organisation", metric_name="accuracy", n__gt=20).exists()
    logged = create_client().get_run(version.mlflow_run_id).data
    assert logged.metrics["held_out"] > 0
    assert logged.params["labels"] == "1"
    asked = promotion.request_promotion(version, "*", "shadow", "look", person())
    assert {gate["name"]: gate["state"] for gate in asked.gates}["validation_set"] == "green"
