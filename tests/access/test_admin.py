"""The admin: fast lists, read-only history, changes that need two users, hidden names."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.auth.users import issue_api_key
from accounts.models import ApiKey, AuditEvent, Role, User
from feedback.models import Feedback, ReviewItem
from matching.models import Prediction, Replay
from matching.rescoring import replay as replays
from modelops.models import LiveSlot, ModelVersion, PromotionRequest, ServingProcess, TrainingRun
from tests.models import installed, model_version, promoted, scoring_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

OURS = [
    model for model in admin.site._registry if model._meta.app_label not in {"django_celery_beat", "axes"}
]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


def text(answer: object) -> str:
    assert isinstance(answer, HttpResponseBase)
    return b"".join(answer).decode()


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_list_opens_for_an_administrator(model: type) -> None:
    assert browser(person(Role.ADMINISTRATOR)).get(path(model, "changelist")).status_code == 200


def test_the_list_of_answers_never_reads_the_whole_table_and_filters_by_profile() -> None:
    answer, client = stored_prediction(), browser(person(Role.ADMINISTRATOR))
    with CaptureQueriesContext(connection) as queries:
        page = text(client.get(path(Prediction, "changelist")))
    assert not any("DISTINCT" in query["sql"] for query in queries.captured_queries)
    assert "?profile=sanctions" in page
    chosen = client.get(path(Prediction, "changelist"), {"profile": answer.profile})
    other = client.get(path(Prediction, "changelist"), {"profile": "lc"})
    assert str(answer.pk) in text(chosen)
    assert str(answer.pk) not in text(other)


@pytest.mark.parametrize(
    "role", [role for role in Role.values if role not in {"user", "client", "administrator"}]
)
def test_each_role_opens_exactly_the_lists_it_may_view(role: str) -> None:
    user = person(role)
    client, asked = browser(user), RequestFactory().get("/")
    asked.user = User.objects.get(pk=user.pk)
    for model, site in admin.site._registry.items():
        may = site.has_view_or_change_permission(asked)
        status = client.get(path(model, "changelist")).status_code
        assert status == (200 if may else 403), model


def test_nobody_opens_a_list_without_signing_in() -> None:
    assert {Client().get(path(model, "changelist")).status_code for model in OURS} == {302}


@pytest.mark.parametrize("model", [Prediction, Feedback, ReviewItem, AuditEvent, ModelVersion])
def test_history_is_shown_and_cannot_be_changed_even_by_an_administrator(model: type) -> None:
    asked = RequestFactory().get("/")
    asked.user = person(Role.ADMINISTRATOR)
    site = admin.site._registry[model]
    assert site.has_view_permission(asked)
    assert not site.has_add_permission(asked)
    assert not site.has_change_permission(asked)
    assert not site.has_delete_permission(asked)


def test_the_list_of_answers_costs_the_same_for_few_and_for_many() -> None:
    client, user = browser(person(Role.AUDITOR)), person()
    model = model_version()
    counts = []
    for _ in range(2):
        for number in range(15):
            stored_prediction(f"A {number}", user=user, model=model)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(path(Prediction, "changelist"))
        counts.append(len(asked))
        assert not any("name1" in query["sql"] for query in asked.captured_queries)
    assert counts[0] == counts[1] <= 8


def test_names_are_hidden_until_somebody_confirms_and_that_is_recorded() -> None:
    row = stored_prediction("Xylophonia Quince Ltd")
    reviewer = person(Role.REVIEWER)
    client = browser(reviewer)
    assert "Xylophonia" not in text(client.get(path(Prediction, "change", row.pk)))
    step = path(Prediction, "reveal", row.pk)
    assert "Xylophonia" not in text(client.get(step))
    assert not AuditEvent.objects.filter(action="prediction.names_revealed").exists()
    shown = client.post(step)
    assert "Xylophonia Quince Ltd" in text(shown)
    assert "no-store" in shown["Cache-Control"]
    event = AuditEvent.objects.get(action="prediction.names_revealed")
    assert (event.actor, event.object_id) == (reviewer, str(row.pk))


def test_a_pair_is_found_again_without_a_name_in_any_address() -> None:
    row, other = (
        stored_prediction("Xylophonia Quince Ltd", "Acme Ltd"),
        stored_prediction("Other Ltd", "Acme Ltd"),
    )
    form = {"name1": " Xylophonia Quince Ltd", "name2": "Acme Ltd"}
    client = browser(person(Role.LEAD))
    sent = client.post(path(Prediction, "find_pair"), form)
    assert sent["Location"].endswith(f"?q={row.pair_digest}")
    page = text(client.get(sent["Location"]))
    assert str(row.pk) in page
    assert str(other.pk) not in page
    assert "required" in text(client.post(path(Prediction, "find_pair"), {"name1": "Xylophonia"}))
    assert browser(person(Role.AUDITOR)).get(path(Prediction, "find_pair")).status_code == 403


def test_an_auditor_sees_answers_and_never_names() -> None:
    row = stored_prediction("Xylophonia Quince Ltd")
    client = browser(person(Role.AUDITOR))
    assert "Reveal" not in text(client.get(path(Prediction, "change", row.pk)))
    assert client.post(path(Prediction, "reveal", row.pk)).status_code == 403


def test_a_promotion_goes_through_two_people_on_screen() -> None:
    installed()
    version = scoring_version("2")
    engineer, approver = browser(person(Role.MODEL_ENGINEER)), browser(person(Role.APPROVER))
    asked = {"profile": "*", "role": "champion", "reason": "better on numbers"}
    engineer.post(path(ModelVersion, "ask_for_promotion", version.pk), asked)
    request = PromotionRequest.objects.get()
    assert engineer.post(path(PromotionRequest, "approve", request.pk)).status_code == 403
    page = text(approver.get(path(PromotionRequest, "approve", request.pk)))
    assert "better on numbers" in page
    assert version.artefact_id[:12] in page
    approver.post(path(PromotionRequest, "approve", request.pk))
    assert LiveSlot.objects.get().deployment.model == version


def test_an_administrator_cannot_approve_what_he_asked_for_and_is_told_why() -> None:
    installed()
    boss = browser(person(Role.ADMINISTRATOR))
    asked = {"profile": "*", "role": "champion", "reason": "mine"}
    boss.post(path(ModelVersion, "ask_for_promotion", scoring_version("2").pk), asked)
    answer = boss.post(path(PromotionRequest, "approve", PromotionRequest.objects.get().pk))
    assert "a second person must approve" in text(answer)
    assert LiveSlot.objects.get().deployment.model.version == "1"


def test_a_request_can_be_declined() -> None:
    installed()
    engineer, approver = browser(person(Role.MODEL_ENGINEER)), browser(person(Role.APPROVER))
    asked = {"profile": "*", "role": "champion", "reason": "better"}
    engineer.post(path(ModelVersion, "ask_for_promotion", scoring_version("2").pk), asked)
    request = PromotionRequest.objects.get()
    approver.post(path(PromotionRequest, "decline", request.pk), {"reason": "not enough pairs"})
    request.refresh_from_db()
    assert not request.is_open
    assert request.deployment is None


def test_one_person_rolls_back_and_gives_a_reason() -> None:
    installed()
    promoted(scoring_version("2"))
    slot = LiveSlot.objects.get()
    approver = browser(person(Role.APPROVER))
    assert "required" in text(approver.post(path(LiveSlot, "roll_back", slot.pk), {}))
    seen = {"reason": "wrong answers", "generation": slot.deployment.generation}
    approver.post(path(LiveSlot, "roll_back", slot.pk), seen)
    slot.refresh_from_db()
    assert (slot.deployment.model.version, slot.deployment.break_glass) == ("1", True)


def test_a_new_person_gets_a_role_with_its_rights_and_an_event() -> None:
    boss = person(Role.ADMINISTRATOR)
    form = {
        "email": "Rita@Example.com",
        "name": "Rita",
        "role": "reviewer",
        "password1": "a long enough phrase",
        "password2": "a long enough phrase",
    }
    answer = browser(boss).post(path(User, "add"), form)
    assert answer.status_code == 302, text(answer)
    rita = User.objects.get(email="rita@example.com")
    assert rita.has_perm("matching.reveal_names")
    assert AuditEvent.objects.filter(action="user.created", actor=boss, object_id=str(rita.pk)).exists()


def test_changing_a_role_changes_what_a_person_may_do() -> None:
    user = person(Role.REVIEWER)
    form = {"email": user.email, "name": "", "role": "user", "is_active": "on"}
    answer = browser(person(Role.ADMINISTRATOR)).post(path(User, "change", user.pk), form)
    assert answer.status_code == 302, text(answer)
    assert not User.objects.get(pk=user.pk).has_perm("matching.reveal_names")


def test_a_key_is_shown_once_and_not_kept_in_any_log() -> None:
    owner = person(Role.CLIENT)
    client = browser(person(Role.ADMINISTRATOR))
    form = {
        "user": str(owner.pk),
        "name": "batch",
        "scopes": ["compare"],
        "expires_at_0": "",
        "expires_at_1": "",
    }
    shown = text(client.post(path(ApiKey, "add"), form, follow=True))
    row = ApiKey.objects.get()
    start = shown.index(f"lnc_{row.prefix}_")
    key = shown[start:].split()[0].split("<")[0]
    assert key not in text(client.get(path(ApiKey, "change", row.pk)))
    assert not LogEntry.objects.filter(change_message__contains=key).exists()


def test_a_key_is_revoked_after_confirming() -> None:
    row, _ = issue_api_key(person(Role.CLIENT), "batch", None)
    client = browser(person(Role.ADMINISTRATOR))
    client.get(path(ApiKey, "revoke", row.pk))
    row.refresh_from_db()
    assert row.revoked_at is None
    client.post(path(ApiKey, "revoke", row.pk))
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_the_chain_is_verified_on_screen() -> None:
    shown = browser(person(Role.AUDITOR)).get(path(AuditEvent, "verify_chain"), follow=True)
    assert "0 seals intact" in text(shown)


def test_an_engineer_asks_for_training_once_and_cancels_it() -> None:
    engineer = browser(person(Role.MODEL_ENGINEER))
    page = path(TrainingRun, "train")
    assert browser(person(Role.APPROVER)).post(page).status_code == 403
    assert "some minutes" in text(engineer.get(page))
    asked = {"reason": "new labels", "corpus_size": 2_000}
    engineer.post(page, asked)
    run = TrainingRun.objects.get()
    assert (run.status, run.trigger, run.parameters["corpus_size"]) == ("queued", "new labels", 2_000)
    assert "running or queued" in text(engineer.post(page, asked))
    engineer.post(path(TrainingRun, "cancel", run.pk), {"reason": "a mistake"})
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert "No message yet." in text(engineer.get(path(TrainingRun, "change", run.pk)))


def test_the_processes_are_listed_with_their_lag_and_the_drill_says_what_it_lacks() -> None:
    installed()
    client = browser(person(Role.APPROVER))
    for pid in range(3):
        ServingProcess.objects.create(kind="web", host="one", pid=pid, generation=0)
    ServingProcess.objects.update(failed={"abc": "the stored bytes were altered"})
    with CaptureQueriesContext(connection) as few:
        page = text(client.get(path(ServingProcess, "changelist")))
    assert "altered" in page
    ServingProcess.objects.create(kind="web", host="two", pid=9)
    with CaptureQueriesContext(connection) as more:
        client.get(path(ServingProcess, "changelist"))
    assert len(few) == len(more)
    drill = path(ServingProcess, "drill_rollback")
    assert "no version to go back to" in text(client.post(drill))
    assert browser(person(Role.AUDITOR)).post(drill).status_code == 403


def test_an_approver_sees_every_gate_and_must_say_why_to_overrule() -> None:
    installed()
    engineer, approver = browser(person(Role.MODEL_ENGINEER)), browser(person(Role.APPROVER))
    asked = {"profile": "*", "role": "champion", "reason": "bold"}
    engineer.post(path(ModelVersion, "ask_for_promotion", scoring_version("2", 5.0).pk), asked)
    request = PromotionRequest.objects.get()
    step = path(PromotionRequest, "approve", request.pk)
    page = text(approver.get(step))
    assert "Every slice against the champion" in page
    assert "Delmar Shiping Inc" in page
    assert "Decline, or say why" in text(approver.post(step, {"override": ""}))
    approver.post(step, {"override": "the spelling rule changed on Monday"})
    assert LiveSlot.objects.get().deployment.override == "the spelling rule changed on Monday"
    assert "Golden pairs" in text(approver.get(path(PromotionRequest, "change", request.pk)))


def test_a_page_says_what_was_live_at_a_moment_and_who_approved_it() -> None:
    installed()
    between = timezone.now()
    engineer = person(Role.MODEL_ENGINEER)
    promoted(scoring_version("2"))
    answer = stored_prediction("Xylophonia Quince Ltd", model=ModelVersion.objects.get(version="2"))
    client, page = browser(engineer), path(Replay, "live_at")
    assert "No model was live" in text(client.get(page, {"at": "2020-01-01 10:00"}))
    shown = text(client.get(page, {"at": f"{between:%Y-%m-%d %H:%M:%S.%f}"}))
    assert "nobody: the first model of a new installation" in shown
    later = timezone.now() + timedelta(minutes=1)
    shown = text(client.get(page, {"at": f"{later:%Y-%m-%d %H:%M}"}))
    assert "the promotion request and its gates" in shown
    assert str(answer.pk) in shown
    assert "Xylophonia" not in shown
    assert "Enter a valid date/time" in text(client.get(page, {"at": "yesterday"}))
    day = {"day": f"{answer.created_at:%Y-%m-%d}", "version": str(answer.model_id)}
    client.post(path(Replay, "replay"), day)
    replay = Replay.objects.get()
    assert "0 %" in text(client.get(path(Replay, "change", replay.pk)))
    replays.run_replay(replay.pk)
    assert "Would be" in text(client.get(path(Replay, "change", replay.pk)))
    assert browser(person(Role.LEAD)).get(path(Replay, "replay")).status_code == 403
