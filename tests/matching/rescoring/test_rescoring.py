"""Shadow scores and replays: other versions score stored predictions, which stay as they are."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from accounts.privacy import retention
from feedback.models import ReviewItem
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.compare import sampling
from matching.compare.request import CompareRequest
from matching.compare.sampling import SamplingPolicy
from matching.compare.service import compare_and_store
from matching.models import Prediction, Replay, ReplayChange, ShadowScore
from matching.rescoring import replay, shadow
from matching.rescoring.replay import ReplayError
from matching.tasks import replay_day, resume_replays, score_shadows
from modelops.models import ModelVersion
from tests.models import installed, promoted, scoring_version
from tests.people import person
from tests.processes import environment

pytestmark = pytest.mark.django_db

SLIP = CompareRequest("Heron Foods Company", "Heron Fooods Company")
RULED = CompareRequest("Acme, Inc.", "ACME Incorporated")


def later(seconds: float = 60) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


@pytest.fixture
def nobody_audits() -> None:
    sampling.cache_policy(SamplingPolicy(audit=0.0), 60)


def answered(question: CompareRequest, user: User) -> Prediction:
    return compare_and_store(user, question)


@pytest.mark.usefixtures("nobody_audits")
def test_a_shadow_says_what_it_would_have_answered_once() -> None:
    installed()
    user = person()
    before = answered(SLIP, user)
    bold = scoring_version("2", -6.0)
    promoted(bold, role="shadow")
    scored, ruled = answered(SLIP, user), answered(RULED, user)
    assert shadow.score_new_predictions(later()) == 2
    assert shadow.score_new_predictions(later()) == 0
    scores = {score.prediction_id: score for score in ShadowScore.objects.filter(model=bold)}
    assert set(scores) == {scored.pk, ruled.pk}
    assert before.pk not in scores
    assert (scores[scored.pk].verdict, scores[scored.pk].agrees, scored.verdict) == (
        "immaterial",
        False,
        "review",
    )
    assert scores[ruled.pk].agrees
    assert [score.prediction_id for score in ShadowScore.objects.disagreements()] == [scored.pk]
    scored.refresh_from_db()
    assert scored.verdict == "review"


@pytest.mark.usefixtures("nobody_audits")
def test_a_disagreement_nobody_has_picked_goes_to_a_reviewer() -> None:
    installed(-6.0)
    promoted(scoring_version("2", 6.0), role="challenger")
    prediction = answered(SLIP, person())
    assert prediction.stream == ""
    score_shadows()
    assert shadow.score_new_predictions(later()) == 1
    prediction.refresh_from_db()
    assert (prediction.stream, prediction.selection_probability) == ("disagreement", 1.0)
    assert enqueue_sampled_predictions() == 1
    assert ReviewItem.objects.get().stream == "disagreement"


@pytest.mark.usefixtures("nobody_audits")
def test_a_profiles_own_shadow_scores_its_profile_and_the_other_the_rest() -> None:
    installed()
    general, own = scoring_version("2"), scoring_version("3")
    promoted(general, role="shadow")
    promoted(own, role="shadow", profile="kyc")
    user = person()
    answered(SLIP, user)
    answered(CompareRequest(SLIP.name1, SLIP.name2, profile="kyc"), user)
    shadow.score_new_predictions(later())
    assert {(score.model, score.prediction.profile) for score in ShadowScore.objects.all()} == {
        (general, "general"),
        (own, "kyc"),
    }


def test_answering_costs_nothing_more_with_a_shadow() -> None:
    installed()
    user = person()
    answered(SLIP, user)
    with CaptureQueriesContext(connection) as alone:
        answered(SLIP, user)
    promoted(scoring_version("2"), role="shadow")
    answered(SLIP, user)
    with CaptureQueriesContext(connection) as beside:
        answered(SLIP, user)
    assert len(alone) == len(beside)


def test_a_day_is_replayed_and_what_would_change_is_counted_and_listed() -> None:
    installed()
    user, bold = person(), scoring_version("2", 6.0)
    slip, ruled = answered(SLIP, user), answered(RULED, user)
    erased = answered(SLIP, user)
    Prediction.objects.filter(pk=erased.pk).update(erased_at=timezone.now())
    engineer = person(Role.MODEL_ENGINEER)
    asked = replay.request_replay(timezone.now().date(), bold, engineer)
    assert asked.total == 3
    assert replay_day(str(asked.pk)) == "succeeded"
    asked.refresh_from_db()
    assert (asked.done, asked.erased, asked.changed, asked.progress) == (2, 1, 1, 100)
    assert asked.counts == {"general": {"review > material": 1, "immaterial > immaterial": 1}}
    change = ReplayChange.objects.get()
    assert (change.prediction, change.before, change.after) == (slip, "review", "material")
    slip.refresh_from_db()
    assert slip.verdict == "review"
    assert ruled.verdict == "immaterial"
    assert AuditEvent.objects.get(action="replay.requested").actor == engineer
    assert AuditEvent.objects.filter(action="replay.finished").count() == 1
    replay_day(str(asked.pk))
    assert AuditEvent.objects.filter(action="replay.finished").count() == 1


def test_a_replay_that_cannot_be_is_refused_with_the_reason() -> None:
    version = installed().model
    with pytest.raises(ReplayError, match="has not come"):
        replay.request_replay(timezone.now().date() + timedelta(days=2), version, person())
    ModelVersion.objects.update(schema_hash="other features")
    version.refresh_from_db()
    with pytest.raises(ReplayError, match="other features"):
        replay.request_replay(timezone.now().date(), version, person())


@pytest.mark.django_db(transaction=True)
def test_a_replay_goes_on_after_its_worker_was_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    version = installed().model
    user = person()
    for _ in range(40):
        answered(SLIP, user)
    asked = replay.request_replay(timezone.now().date(), version, user)
    # A worker that takes one answer a batch and is killed among them.
    code = (
        "import django; django.setup(); from uuid import UUID; from matching.rescoring import replay; "
        f"replay.BATCH_SIZE = 1; replay.run_replay(UUID('{asked.pk}'))"
    )
    with subprocess.Popen([sys.executable, "-c", code], env=environment()) as worker:
        deadline = time.monotonic() + 60
        while Replay.objects.get().done < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(worker.pid, signal.SIGKILL)
    interrupted = Replay.objects.get()
    assert interrupted.status == "running"
    assert 3 <= interrupted.done < 40
    assert resume_replays() == 0
    monkeypatch.setattr(replay, "STALL_TIMEOUT", timedelta(0))
    assert list(replay.find_stalled_replays()) == [interrupted]
    replay_day(str(asked.pk))
    assert (Replay.objects.get().done, Replay.objects.get().status) == (40, "succeeded")
    assert Replay.objects.get().counts == {"general": {"review > review": 40}}


@pytest.mark.usefixtures("nobody_audits")
def test_old_scores_and_replays_go_and_answers_stay() -> None:
    installed()
    promoted(scoring_version("2"), role="shadow")
    answered(SLIP, person())
    shadow.score_new_predictions(later())
    asked = replay.request_replay(timezone.now().date(), scoring_version("3"), person())
    replay.run_replay(asked.pk)
    kept = {outcome.kind.key: outcome.rows for outcome in retention.apply_rules(timezone.now())}
    assert (kept["shadow_scores"], kept["replays"]) == (0, 0)
    retention.apply_rules(timezone.now() + timedelta(days=400))
    assert not ShadowScore.objects.exists()
    assert not Replay.objects.exists()
    assert Prediction.objects.exists()
