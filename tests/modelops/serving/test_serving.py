"""Serving processes refresh their models, and a promotion waits for them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from matching.engine import Scorer, compute_schema_hash
from matching.serving.live_models import build_scorer
from matching.training import golden
from modelops.deployment import drill as drills
from modelops.deployment import promotion
from modelops.deployment.drill import DrillError
from modelops.deployment.promotion import PromotionError
from modelops.models import (
    DRILL_PROFILE,
    Alert,
    Deployment,
    LiveSlot,
    ModelArtefact,
    ModelVersion,
    RollbackDrill,
    ServingProcess,
)
from modelops.serving.loader import ModelLoader
from modelops.serving.model_refresher import (
    ModelRefresher,
    delete_stale_processes,
    describe_unready_processes,
)
from tests.models import installed, model_version, promoted, scoring_version, version_in
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


def loader(build: Callable[[bytes], Scorer] = build_scorer) -> ModelLoader[Scorer]:
    return ModelLoader(build, golden.check_golden_answers, compute_schema_hash())


@contextmanager
def attended(
    count: int = 2, build: Callable[[bytes], Scorer] = build_scorer
) -> Iterator[list[ModelLoader[Scorer]]]:
    """Processes (here threads) that serve, each with a loader of its own."""
    loaders = [loader(build) for _ in range(count)]
    attendants = [ModelRefresher(each, "web") for each in loaders]
    threads = [each.start() for each in attendants]
    try:
        wait_until(lambda: ServingProcess.objects.alive().count() == count)
        yield loaders
    finally:
        for each in attendants:
            each.stop()
        for thread in threads:
            thread.join(10)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)


def test_an_idle_process_takes_up_a_promotion_that_it_had_ready_before() -> None:
    installed()
    with attended() as loaders:
        version = scoring_version("2")
        request = promotion.request_promotion(version, "*", "champion", "better", person())
        wait_until(lambda: describe_unready_processes(version.artefact_id) == "")
        made = promotion.approve_promotion(request, person())
        wait_until(
            lambda: all(each.current and each.current.generation == made.generation for each in loaders)
        )
        wait_until(lambda: not ServingProcess.objects.exclude(generation=made.generation).exists())
        row = ServingProcess.objects.all()[0]
        assert (row.swaps, row.failed) == (1, {})
    assert not ServingProcess.objects.exists()


def test_an_approval_waits_until_every_process_has_the_version_ready() -> None:
    installed()
    version = scoring_version("2")
    request = promotion.request_promotion(version, "*", "champion", "better", person())
    ServingProcess.objects.create(kind="web", host="here", pid=1, ready=[version.artefact_id])
    late = ServingProcess.objects.create(kind="web", host="here", pid=2)
    with pytest.raises(PromotionError, match="1 of 2 processes have it ready"):
        promotion.approve_promotion(request, person())
    ServingProcess.objects.filter(pk=late.pk).update(seen_at=timezone.now() - timedelta(minutes=1))
    assert promotion.approve_promotion(request, person()).model == version


def test_a_version_that_a_process_cannot_load_does_not_go_live() -> None:
    def build(content: bytes) -> Scorer:
        if version_in(content) == "2":
            raise ValueError("this machine lacks something")
        return build_scorer(content)

    installed()
    with attended(build=build) as loaders:
        version = scoring_version("2")
        request = promotion.request_promotion(version, "*", "champion", "better", person())
        wait_until(lambda: describe_unready_processes(version.artefact_id).startswith("2 of 2"))
        with pytest.raises(PromotionError, match="2 of 2 processes could not load it: this machine lacks"):
            promotion.approve_promotion(request, person())
        assert all(each.get_live_models().get_champion("general").version == "1" for each in loaders)


def test_a_failed_swap_raises_an_alert_and_keeps_what_serves() -> None:
    installed()
    with attended(1) as (mine,):
        version = scoring_version("2")
        # Damaged after the approval, before the process looks.
        request = promotion.request_promotion(version, "*", "champion", "better", person())
        mine._scorers_by_digest.clear()
        ServingProcess.objects.update(ready=[version.artefact_id], seen_at=timezone.now())
        promotion.approve_promotion(request, person())
        ModelArtefact.objects.filter(pk=version.artefact_id).update(content=b"damaged on disk")
        mine._scorers_by_digest.clear()
        wait_until(lambda: Alert.objects.filter(rule="model_swap_failed").exists())
        assert mine.get_live_models().get_champion("general").version == "1"


def test_a_rollback_needs_no_loading_even_in_a_process_that_started_later() -> None:
    installed()
    promoted(scoring_version("2"))
    built: list[int] = []

    def build(content: bytes) -> object:
        built.append(len(content))
        return build_scorer(content)

    mine = ModelLoader(build)
    mine.get_live_models()
    assert len(built) == 2
    promotion.rollback("*", person(), "wrong answers")
    assert mine.refresh().get_champion("general").version == "1"
    assert len(built) == 2


def test_a_program_put_back_goes_on_with_the_newest_champion_that_fits_it() -> None:
    installed()
    newer = model_version("2")
    promoted(newer)
    ModelVersion.objects.filter(pk=newer.pk).update(schema_hash="the features of the next program")
    assert loader().get_live_models().get_champion("general").version == "1"


def test_a_drill_proves_the_rollback_and_answers_no_request() -> None:
    installed()
    promoted(scoring_version("2"))
    before = LiveSlot.objects.get(profile="*").deployment
    with attended():
        done = drills.run_drill(person())
        assert done.error == ""
        assert done.back_ms is not None
        assert done.forward_ms is not None
        assert done.processes == 2
    assert LiveSlot.objects.get(profile="*").deployment == before
    assert {row.model.version for row in Deployment.objects.filter(drill=True)} == {"1", "2"}
    assert [row.profile for row in Deployment.objects.live()] == ["*"]
    assert AuditEvent.objects.get(action="rollback.drill_finished").detail["back_ms"] == done.back_ms
    assert not Alert.objects.filter(rule="break_glass_rollback").exists()
    assert DRILL_PROFILE not in {row.profile for row in Deployment.objects.as_of(timezone.now())}


def test_a_drill_says_when_it_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed()
    with pytest.raises(DrillError, match="no version to go back to"):
        drills.run_drill(person())
    promoted(scoring_version("2"))
    with pytest.raises(DrillError, match="no process"):
        drills.run_drill(person())
    ServingProcess.objects.create(kind="web", host="here", pid=1)
    monkeypatch.setattr(drills, "DRILL_TIMEOUT_SECONDS", 0.2)
    assert "not every process" in drills.run_drill(person()).error
    assert RollbackDrill.objects.count() == 1


def test_rows_of_processes_that_were_killed_are_dropped() -> None:
    ServingProcess.objects.create(kind="web", host="gone", pid=1, seen_at=timezone.now() - timedelta(hours=2))
    delete_stale_processes()
    assert not ServingProcess.objects.exists()
