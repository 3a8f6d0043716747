"""The compare path below the API: experiment arms, review streams, revealing and erasing names."""

import random

import pytest

from accounts.models import AuditEvent, Role
from experiments import services as experiments
from experiments.enrolment import forget_running_experiments
from experiments.models import Experiment, Exposure
from matching.api.serializers import serialize_prediction
from matching.compare import sampling, service
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.pair_digest import compute_pair_digest
from matching.serving.live_models import get_model_loader
from modelops.models import Deployment, ModelVersion
from modelops.serving.loader import NoLiveModelError
from tests.models import erased, promoted, scoring_version
from tests.people import person

pytestmark = pytest.mark.django_db

UNSURE = CompareRequest("Heron Foods Company", "Heron Fooods Company")


def running(model_b: ModelVersion) -> Experiment:
    model_a = Deployment.objects.get(first=True).model
    experiment = Experiment.objects.create(name="trial", model_a=model_a, model_b=model_b)
    promoted(model_b, role="challenger")
    return experiments.start_experiment(experiment, person(Role.APPROVER), can_conclude=True)


def test_without_a_live_model_it_raises() -> None:
    get_model_loader.cache_clear()
    with pytest.raises(NoLiveModelError):
        compare_and_store(person(), UNSURE)


@pytest.mark.usefixtures("champion")
def test_each_arm_is_served_by_its_own_version_even_for_the_same_pair() -> None:
    experiment = running(scoring_version("2", log_odds=4.0))
    forget_running_experiments()
    answers = [compare_and_store(person(), UNSURE) for _ in range(12)]
    versions = {(row.variant, row.model.version) for row in answers}
    assert versions == {("a", "1"), ("b", "2")}
    assert {row.experiment_id for row in answers} == {experiment.pk}
    assert Exposure.objects.count() == 12


@pytest.mark.usefixtures("champion")
def test_a_user_is_exposed_once() -> None:
    running(scoring_version("2"))
    forget_running_experiments()
    user = person()
    compare_and_store(user, UNSURE)
    compare_and_store(user, UNSURE)
    assert Exposure.objects.filter(user=user).count() == 1


@pytest.mark.usefixtures("champion")
def test_after_the_experiment_the_champion_serves_all_users() -> None:
    experiment = running(scoring_version("2", log_odds=4.0))
    experiments.stop_experiment(experiment, person(Role.APPROVER), "enough seen")
    forget_running_experiments()
    assert {compare_and_store(person(), UNSURE).model.version for _ in range(8)} == {"1"}


@pytest.mark.usefixtures("champion")
def test_a_verdict_of_review_is_sent_to_review(monkeypatch: pytest.MonkeyPatch) -> None:
    sampling.cache_policy(sampling.SamplingPolicy(audit=0), 60)
    stored = compare_and_store(person(), UNSURE)
    assert (stored.verdict, stored.stream) == ("review", "uncertain")
    assert stored.selection_probability == 1.0
    sampling.cache_policy(sampling.SamplingPolicy(audit=0.25), 60)
    monkeypatch.setattr(random, "random", lambda: 0.5)
    assert compare_and_store(person(), UNSURE).selection_probability == 0.75


@pytest.mark.usefixtures("champion")
def test_the_audit_stream_is_drawn_from_all_predictions_with_its_probability_stored() -> None:
    random.seed(3)
    sampling.cache_policy(sampling.SamplingPolicy(), 60)
    user = person()
    stored = [
        compare_and_store(user, CompareRequest("Acme Inc", f"ACME {'Inc.' * (n % 2)}")) for n in range(300)
    ]
    audit = [row for row in stored if row.stream == "audit"]
    assert 1 <= len(audit) <= 20
    assert {row.selection_probability for row in audit} == {sampling.get_policy().audit}


@pytest.mark.usefixtures("champion")
def test_revealing_names_is_recorded_without_the_names() -> None:
    stored = compare_and_store(person(), UNSURE)
    reviewer = person(Role.REVIEWER)
    assert service.reveal_names(stored, reviewer) == (UNSURE.name1, UNSURE.name2)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor) == ("prediction.names_revealed", reviewer)
    assert event.object_id == str(stored.pk)
    assert "Heron" not in str(event.detail)


@pytest.mark.usefixtures("champion")
def test_erasing_blanks_the_text_and_keeps_the_numbers() -> None:
    stored = compare_and_store(person(), UNSURE)
    found = erased(stored)
    assert (found.name1, found.name2, found.words, found.pair_digest) == ("", "", "", "")
    assert found.material_probability == stored.material_probability
    answer = serialize_prediction(found)
    assert answer["verdict"] == stored.verdict
    assert [row["text1"] for row in answer["differences"]] == [""] * len(found.differences)


@pytest.mark.usefixtures("champion")
def test_a_prediction_keeps_the_digest_of_its_pair_in_its_order() -> None:
    stored = compare_and_store(person(), UNSURE)
    assert stored.pair_digest == compute_pair_digest(f" {UNSURE.name1}", UNSURE.name2)
    assert stored.pair_digest != compute_pair_digest(UNSURE.name2, UNSURE.name1)
