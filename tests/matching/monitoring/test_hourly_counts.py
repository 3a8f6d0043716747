"""Feature snapshots of predictions, and the hourly counts made of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from matching import engine
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction
from matching.monitoring.feature_snapshot import build_sample, snapshot_comparison
from matching.monitoring.hourly_counts import count_hour
from modelops.models import Deployment, HourlyCount, Reference
from tests.people import person

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_snapshot_has_features_scripts_form_and_unknown_words_but_no_name() -> None:
    snapshot = snapshot_comparison(engine.compare("Xylophonia GmbH", "Ксилофония GmbH"))
    assert snapshot.traits == {
        "script": "cyrillic+latin - latin",
        "legal form": "gmbh",
        "unknown words": "all",
    }
    assert len(snapshot.features) < 140
    assert b"ylophon" not in snapshot.features


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [("Acme Widgets Inc", "Acme Wigets LLC", "organisation"), ("John A. Smith", "Jon Smith", "individual")],
)
def test_features_are_read_as_they_were_stored(left: str, right: str, kind: str) -> None:
    answer = engine.compare(left, right, kind=kind)
    numbers = build_sample(kind, [snapshot_comparison(answer)] * 2).numeric_values
    block = [
        value
        for name, value in zip(engine.FEATURE_NAMES, answer.features, strict=True)
        if name[:2] in BLOCK[kind]
    ]
    assert [float(values[0]) for values in numbers.values()] == pytest.approx(
        [*map(float, block), answer.material_probability], rel=1e-3, abs=1e-4
    )
    assert all(values[0] == values[1] for values in numbers.values())


BLOCK = {"organisation": ("o_",), "individual": ("p_",)}


def test_snapshots_with_other_features_are_left_out() -> None:
    row = snapshot_comparison(engine.compare("Acme", "Apex"))
    assert build_sample("organisation", [row, type(row)(b"", {}, 0.5, "review")]).n == 1


def test_an_hour_is_counted_by_version_profile_and_kind(champion: Deployment) -> None:
    user, now = person(), timezone.now()
    for profile in ("general", "kyc"):
        compare_and_store(user, CompareRequest("Acme Widgets Inc", "Acme Wigets Inc", profile))
    compare_and_store(user, CompareRequest("John Smith", "Jon Smith", kind="individual"))
    Prediction.objects.update(created_at=now - HOUR)
    rows = count_hour(now - 1.5 * HOUR)
    assert {(row.profile, row.kind, row.n) for row in rows} == {
        ("general", "organisation", 1),
        ("kyc", "organisation", 1),
        ("general", "individual", 1),
    }
    assert count_hour(now) == []
    count_hour(now - 1.5 * HOUR)
    assert HourlyCount.objects.count() == 3
    reference = Reference.objects.get(profile="general", kind="organisation")
    assert reference.model == champion.model
    assert (reference.origin, reference.n) == ("corpus", 2_000)
    assert sum(reference.counts["verdict"]) == reference.n
