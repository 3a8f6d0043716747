"""The swap with real commits: another thread sees a promotion, and no request waits for it."""

import time
from collections.abc import Callable

import pytest

from modelops.deployment import promotion
from modelops.models import ModelVersion
from modelops.serving.loader import LiveModels, ModelLoader
from tests.models import model_version, version_in
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


def promote(version: ModelVersion) -> None:
    request = promotion.request_promotion(version, "*", "champion", "better", person())
    promotion.approve_promotion(request, person())


def wait_for(fleet: Callable[[], LiveModels[str]], version: str) -> bool:
    """Ask until the version answers, at most a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if fleet().get_champion("general").version == version:
            return True
        time.sleep(0.05)
    return False


def test_a_promotion_is_swapped_in_while_answering_goes_on() -> None:
    promotion.deploy_first(model_version("1"))
    mine = ModelLoader(version_in)
    assert mine.get_live_models().get_champion("general").version == "1"
    promote(model_version("2"))
    assert wait_for(mine.get_live_models, "2")


def test_a_version_that_does_not_load_leaves_the_old_one_serving() -> None:
    def build(content: bytes) -> str:
        if version_in(content) == "2":
            raise ValueError("does not fit")
        return version_in(content)

    promotion.deploy_first(model_version("1"))
    mine = ModelLoader(build)
    mine.get_live_models()
    promote(model_version("2"))
    time.sleep(1.1)
    for _ in range(20):
        assert mine.get_live_models().get_champion("general").version == "1"
        time.sleep(0.05)
