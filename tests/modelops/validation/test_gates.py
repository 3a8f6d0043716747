"""Gates: evaluated at the request; hard ones bind everybody, the others are overruled with a reason."""

from dataclasses import replace

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from accounts.encryption.crypto import sha256
from accounts.models import AuditEvent
from matching.engine import compute_schema_hash
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Alert, Deployment, LiveSlot, ModelVersion, PromotionRequest
from modelops.training.evaluation import MAX_MISSED_MATERIAL, wilson_interval
from modelops.validation import gates
from modelops.validation.gates import ValidationScores
from modelops.validation.validation_set import ValidationSet, pack_validation_set, unpack_validation_set
from tests.models import compiled, installed, model_version, scoring_version
from tests.people import person


class Edges:
    """Thresholds at which the model decides."""

    immaterial_below = 0.2
    material_above = 0.8


def build_validation_set(n: int = 400) -> ValidationSet:
    """Rows of which every fourth is material, half in Latin script."""
    labels = np.arange(n) % 4 == 0
    scripts = np.where(np.arange(n) % 2 == 0, "latin", "han+latin")
    every = np.ones(n, dtype=bool)
    kinds = np.full(n, "organisation")
    return ValidationSet(
        np.zeros((n, 2)), labels, {"kind": kinds, "script": scripts}, {"general": every}, {"general": every}
    )


def sat(probabilities: "np.typing.NDArray[np.float64]") -> ValidationScores:
    return ValidationScores(probabilities, {"organisation": Edges()})


def state(gate: gates.GateResult) -> tuple[str, str]:
    return gate.name, gate.state


def test_the_paired_interval_equals_a_worked_example() -> None:
    # By hand: (132.5 - 107.5) / 1146 = 0.021815, its error sqrt(240 - 25**2 / 1146) / 1146 = 0.013503.
    difference, low, high = gates.paired_difference(132, 107, 1_144)
    assert difference == pytest.approx(0.021853, abs=1e-6)
    assert (low, high) == pytest.approx((0.021815 - 0.034781, 0.021815 + 0.034781), abs=2e-6)


def test_an_equal_model_passes_and_one_worse_in_one_script_is_named() -> None:
    sheet = build_validation_set()
    good = np.where(sheet.labels, 0.9, 0.1)
    han = np.array(["han" in name for name in sheet.slices["script"]])
    assert state(gates.check_slices(sheet, sat(good), sat(good))) == ("slices", "green")
    bad = np.where(han & (np.arange(len(sheet)) % 5 == 1), 0.6, good)
    gate = gates.check_slices(sheet, sat(bad), sat(good))
    assert gate.state == "red"
    assert "script han" in gate.summary
    assert [
        row["slice"] for row in gate.rows if row["state"] == "green" and row["dimension"] == "script"
    ] == []
    better = gates.check_slices(sheet, sat(good), sat(bad))
    assert better.state == "green"


def test_too_many_missed_material_differences_are_red() -> None:
    sheet = build_validation_set()
    blind = np.full(len(sheet), 0.1)
    assert gates.check_missed_material(sheet, sat(blind)).state == "red"
    assert gates.check_missed_material(sheet, sat(np.where(sheet.labels, 0.9, 0.1))).state == "green"
    assert gates.check_missed_material(sheet, sat(np.full(len(sheet), 0.5))).state == "amber"
    unlucky = np.where(sheet.labels, 0.9, 0.1)
    unlucky[np.flatnonzero(sheet.labels)[:4]] = 0.1
    called = int((unlucky == 0.1).sum())
    assert 4 / called > MAX_MISSED_MATERIAL > wilson_interval(4, called).low
    assert gates.check_missed_material(sheet, sat(unlucky)).state == "green"


def test_probabilities_that_mean_nothing_are_red_unless_the_champions_mean_less() -> None:
    sheet = build_validation_set()
    right, bold = np.full(len(sheet), 0.25), np.full(len(sheet), 0.6)
    assert gates.check_calibration(sheet, sat(right), None).state == "green"
    assert gates.check_calibration(sheet, sat(bold), sat(right)).state == "red"
    assert gates.check_calibration(sheet, sat(bold), sat(np.full(len(sheet), 0.9))).state == "green"


def test_a_calibration_error_that_so_few_rows_cannot_show_is_not_held_against_a_version() -> None:
    dice = np.random.default_rng(3)
    for n, allowed in ((80, "green"), (4_000, "red")):
        true = dice.random(n)
        sheet = replace(build_validation_set(n), labels=dice.random(n) < true)
        honest, bold = true, np.where(true > 0.5, (1 + true) / 2, true / 2)
        assert gates.check_calibration(sheet, sat(honest), None).state == "green"
        assert gates.check_calibration(sheet, sat(bold), sat(honest)).state == allowed


def test_an_exam_comes_back_from_its_bytes() -> None:
    sheet = build_validation_set(40)
    again = unpack_validation_set(pack_validation_set(sheet))
    assert (again.labels == sheet.labels).all()
    assert list(again.slices["script"]) == list(sheet.slices["script"])
    assert set(again.model_decides) == {"general"}


@pytest.mark.django_db
def test_what_was_found_is_kept_with_the_request() -> None:
    installed()
    request = promotion.request_promotion(scoring_version("2"), "*", "champion", "better", person())
    states = {gate["name"]: gate["state"] for gate in request.gates}
    assert states == {
        "digest": "green",
        "schema": "green",
        "builds": "green",
        "golden": "green",
        "slices": "green",
        "missed_material": "amber",
        "calibration": "green",
        "latency": "green",
        "validation_set": "amber",
    }


@pytest.mark.django_db
def test_a_version_that_breaks_a_golden_pair_needs_a_reason_and_raises_an_alert() -> None:
    installed()
    asker, approver = person(), person()
    request = promotion.request_promotion(scoring_version("2", 5.0), "*", "champion", "bold", asker)
    assert "slip" in next(gate["summary"] for gate in request.gates if gate["name"] == "golden")
    with pytest.raises(PromotionError, match="Golden pairs"):
        promotion.approve_promotion(request, approver)
    with pytest.raises(PromotionError, match="Golden pairs"):
        promotion.approve_promotion(request, approver, "go")
    deployment = promotion.approve_promotion(request, approver, "the spelling rule changed on Monday")
    assert deployment.override == "the spelling rule changed on Monday"
    assert "Golden pairs" in Alert.objects.get(rule="gates_overridden").observation
    event = AuditEvent.objects.get(action="deployment.created", actor=approver)
    assert event.detail["override"] == deployment.override


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "title"),
    [(b"not a model", "It loads and answers"), (compiled("2", 0.0)[:-20], "It loads and answers")],
)
def test_nobody_overrules_a_model_that_does_not_load(content: bytes, title: str) -> None:
    installed()
    request = promotion.request_promotion(model_version("2", content), "*", "champion", "?", person())
    with pytest.raises(PromotionError, match=f"nobody can overrule: {title}"):
        promotion.approve_promotion(request, person(), "a very good reason indeed")


@pytest.mark.django_db
def test_what_cannot_serve_is_not_registered() -> None:
    registration = VersionRegistration("names", "9", b"{}", compute_schema_hash())
    with pytest.raises(ValueError, match="damaged"):
        register_version(registration, None)
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
def test_a_model_that_answers_otherwise_than_registered_is_found() -> None:
    installed()
    version = scoring_version("2")
    version.golden_predictions["probabilities"]["slip"] += 0.01
    version.save()
    request = promotion.request_promotion(version, "*", "champion", "better", person())
    build_gate = next(gate for gate in request.gates if gate["name"] == "builds")
    assert (build_gate["state"], build_gate["hard"]) == ("red", True)
    assert "slip" in build_gate["summary"]


@pytest.mark.django_db
def test_a_candidate_with_green_gates_becomes_shadow_by_itself_and_nothing_else() -> None:
    installed()
    deployment = promotion.deploy_shadow(scoring_version("2"), "gates passed")
    assert (deployment.role, deployment.automatic, deployment.requested_by) == ("shadow", True, None)
    with pytest.raises(PromotionError, match="Golden pairs"):
        promotion.deploy_shadow(scoring_version("3", 5.0), "gates passed")
    with pytest.raises(IntegrityError, match="need_two_people"), transaction.atomic():
        Deployment.objects.create(model=deployment.model, role="champion", automatic=True, reason="me")


@pytest.mark.django_db
def test_a_shadow_is_asked_for_without_a_reason_to_overrule() -> None:
    installed()
    request = promotion.request_promotion(scoring_version("2", 5.0), "*", "shadow", "look", person())
    assert promotion.approve_promotion(request, person()).override == ""


def of_other_features(version: str) -> ModelVersion:
    """A champion of the earlier program."""
    row = model_version(version)
    ModelVersion.objects.filter(pk=row.pk).update(schema_hash=sha256(b"the features before"))
    row.refresh_from_db()
    return row


@pytest.mark.django_db
def test_a_new_program_puts_its_own_model_where_the_champion_does_not_fit() -> None:
    old, shipped = of_other_features("1"), scoring_version("2")
    Deployment.objects.create(model=old, role="champion", first=True, reason="before")
    LiveSlot.objects.create(profile="*", role="champion", deployment=Deployment.objects.get())
    (made,) = promotion.deploy_upgrade(shipped)
    assert (made.upgrade, made.model, made.requested_by) == (True, shipped, None)
    assert Alert.objects.filter(rule="champion_replaced", scope="all profiles").exists()
    assert promotion.deploy_upgrade(shipped) == []


@pytest.mark.django_db
def test_the_database_refuses_an_upgrade_that_replaces_a_model_that_fits() -> None:
    first = installed()
    with pytest.raises(IntegrityError, match="only a model of other features"), transaction.atomic():
        Deployment.objects.create(
            model=scoring_version("2"), role="champion", upgrade=True, previous=first, reason="a back door"
        )
    assert PromotionRequest.objects.count() == 0
