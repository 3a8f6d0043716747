"""The shipped model: registered once, live in a new installation, and used there."""

import pytest
from django.core.management import call_command
from pytest_django import Settings

from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.serving.live_models import get_model_loader
from modelops.models import Deployment, LiveSlot, ModelVersion
from modelops.registry.mlflow_registry import REGISTERED_MODEL, create_client
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_registry")]


def test_a_new_installation_answers_with_the_shipped_model(capsys: pytest.CaptureFixture[str]) -> None:
    get_model_loader.cache_clear()
    call_command("register_starting_model")
    assert "is the champion" in capsys.readouterr().out
    prediction = compare_and_store(person(), CompareRequest("Acme, Inc.", "ACME Incorporated"))
    assert prediction.verdict == "immaterial"
    version = ModelVersion.objects.get()
    assert prediction.model == version
    alias = create_client().get_model_version_by_alias(REGISTERED_MODEL, "champion")
    assert alias.run_id == version.mlflow_run_id
    assert version.measured.exists()


def test_repeating_it_changes_nothing() -> None:
    call_command("register_starting_model")
    call_command("register_starting_model")
    assert (ModelVersion.objects.count(), Deployment.objects.count()) == (1, 1)
    assert LiveSlot.objects.get().profile == "*"


def test_a_registry_that_does_not_answer_keeps_no_new_program_from_starting(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MLFLOW_TRACKING_URI = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"
    call_command("register_starting_model")
    output = capsys.readouterr()
    assert "is the champion" in output.out
    assert "the aliases follow" in output.err
    assert ModelVersion.objects.get().mlflow_run_id == ""
