"""The live models of a process: verified, swapped in the background, kept on failure."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.encryption.crypto import DigestPurpose, compute_digest
from modelops.deployment import promotion
from modelops.models import ModelArtefact, ModelVersion
from modelops.serving import loader
from modelops.serving.loader import ArtefactVerificationError, ModelLoader, NoLiveModelError
from tests.models import model_version, version_in
from tests.people import person

pytestmark = pytest.mark.django_db


def promote(version: ModelVersion, role: str = "champion", profile: str = "*") -> int:
    request = promotion.request_promotion(version, profile, role, "better", person())
    return promotion.approve_promotion(request, person()).generation


def test_without_a_champion_it_says_so() -> None:
    with pytest.raises(NoLiveModelError, match="register_starting_model"):
        ModelLoader(version_in).get_live_models()


def test_a_profile_has_its_own_champion_or_that_of_every_profile() -> None:
    promotion.deploy_first(model_version("1"))
    promote(model_version("2"), profile="ucc")
    fleet = ModelLoader(version_in).get_live_models()
    assert fleet.get_champion("ucc").scorer == "2"
    assert fleet.get_champion("kyc").scorer == "1"


def test_the_generation_is_that_of_the_newest_deployment() -> None:
    promotion.deploy_first(model_version("1"))
    newest = promote(model_version("2"), role="shadow")
    fleet = ModelLoader(version_in).get_live_models()
    assert fleet.generation == newest == loader.read_live_generation()


def test_any_live_version_is_found_by_its_id_and_no_other() -> None:
    promotion.deploy_first(model_version("1"))
    challenger, idle = model_version("2"), model_version("3")
    promote(challenger, role="challenger")
    fleet = ModelLoader(version_in).get_live_models()
    loaded = fleet.find_by_id(challenger.pk)
    assert loaded is not None
    assert loaded.scorer == "2"
    assert fleet.find_by_id(idle.pk) is None


def test_altered_bytes_are_not_served() -> None:
    promotion.deploy_first(model_version("1"))
    ModelArtefact.objects.update(content=b"altered")
    with pytest.raises(ArtefactVerificationError, match="altered"):
        ModelLoader(version_in).get_live_models()


def test_a_broken_challenger_does_not_touch_the_champion() -> None:
    promotion.deploy_first(model_version("1"))
    broken = model_version("2")
    promote(broken, role="challenger")
    ModelArtefact.objects.filter(pk=broken.artefact_id).update(content=b"altered")
    fleet = ModelLoader(version_in).get_live_models()
    assert fleet.get_champion("general").version == "1"
    assert fleet.find_by_id(broken.pk) is None


def test_an_artefact_signed_by_another_installation_is_not_served() -> None:
    version = model_version("1")
    promotion.deploy_first(version)
    ModelVersion.objects.update(artefact_hmac=compute_digest(DigestPurpose.ARTEFACT, "something", "else"))
    with pytest.raises(ArtefactVerificationError, match="not registered by this installation"):
        ModelLoader(version_in).get_live_models()


def test_swapping_bytes_and_digest_together_is_found_by_the_signature() -> None:
    promotion.deploy_first(model_version("1"))
    ModelVersion.objects.update(artefact=model_version("2").artefact)
    with pytest.raises(ArtefactVerificationError, match="not registered by this installation"):
        ModelLoader(version_in).get_live_models()


def test_a_version_is_built_once() -> None:
    built: list[str] = []
    promotion.deploy_first(model_version("1"))

    def build(content: bytes) -> str:
        built.append(version_in(content))
        return built[-1]

    mine = ModelLoader(build)
    mine.refresh()
    promote(model_version("2"))
    mine.refresh()
    promotion.rollback("*", person(), "back")
    mine.refresh()
    assert built == ["1", "2"]


def test_the_live_generation_is_asked_at_most_once_a_second() -> None:
    promotion.deploy_first(model_version("1"))
    mine = ModelLoader(version_in)
    mine.get_live_models()
    started = time.monotonic()
    with CaptureQueriesContext(connection) as asked:
        while time.monotonic() - started < 0.5:
            mine.get_live_models()
    assert len(asked) <= 1
