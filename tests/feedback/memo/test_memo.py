"""Memos: everything a lawyer hands on, in every script, checkable, redacted on demand."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from feedback.memo import content as memos
from feedback.models import Feedback, ReviewItem
from feedback.review.decisions import submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

NAMES = ("Xylophonia Quince GmbH & Co. KG", "Xylophonia Quince GmbH")


def decided(
    one: str = NAMES[0], other: str = NAMES[1], material: bool = True, text: str = "Quince is a partnership"
) -> Feedback:
    """A real answer that a reviewer decided."""
    if not Prediction.objects.exists():
        installed()
    prediction = compare_and_store(person(), CompareRequest(one, other)).prediction
    Prediction.objects.filter(pk=prediction.pk).update(stream="uncertain", selection_probability=0.5)
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    item = ReviewItem.objects.claim(reviewer, timezone.now())
    assert item is not None
    return submit_decision(item, reviewer, material, text, guideline_version="1")


def issued(word: Feedback, redacted: bool = False, actor: User | None = None) -> memos.Memo:
    prediction = Prediction.objects.with_model().get(pk=word.prediction_id)
    return memos.issue_memo(prediction, actor or word.reviewer, redacted)


def test_a_memo_says_all_and_carries_its_hash() -> None:
    word = decided()
    memo = issued(word)
    text = memo.to_json()
    for part in (*NAMES, "Legal form changed", "ISO 20275", "Quince is a partnership", word.reviewer.email):
        assert part in text
    content = json.loads(text)
    assert content["hash"] == memos.compute_digest(content)
    assert (content["final"], content["decisions"][0]["answer"]) == ("material", "Material")
    assert content["disclaimer"].startswith("Not legal advice")
    event = AuditEvent.objects.get(action="memo.issued")
    assert event.detail == {"redacted": False, "sha256": content["hash"]}
    content["final"] = "immaterial"
    assert content["hash"] != memos.compute_digest(content)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("شركة الخليج للتجارة ذ.م.م", "شركة الخليج للتجاره"),
        ("חברת הזהב בע״מ", "חברת הזהב"),
        ("三菱商事株式会社", "주식회사 삼성전자"),
        ('A\u200bcme #eval(read("x")) $x$ *b* [c]', "Аcme \\ @ref <l>"),
        ("Very Long Name " * 60, "Another " * 100),
    ],
)
def test_every_script_prints_and_nothing_in_a_name_is_read_as_markup(one: str, other: str) -> None:
    memo = issued(decided(one, other))
    body = memo.to_pdf()
    assert body.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in body
    assert body == memo.to_pdf()


def test_a_redacted_memo_holds_no_name_no_reason_and_no_person() -> None:
    word = decided()
    text = issued(word, redacted=True).to_json()
    for part in ("Xylophonia", "Quince", "partnership", word.reviewer.email.split("@")[0] + ", "):
        assert part not in text.replace(f'"issuer": "{word.reviewer.email}"', "")
    assert "Legal form changed" in text


def test_who_may_not_see_names_gets_a_redacted_memo() -> None:
    assert "Xylophonia" not in issued(decided(), actor=person(Role.AUDITOR)).to_json()


def test_no_memo_is_issued_while_somebody_is_still_to_decide() -> None:
    word = decided(material=False)  # contradicts the model: a second person looks
    with pytest.raises(memos.ReviewPendingError):
        issued(word)


def test_a_memo_is_downloaded_from_the_decision_in_both_forms() -> None:
    word = decided()
    client = Client()
    client.force_login(word.reviewer)
    page = reverse("admin:review-memo", args=[word.pk])
    pdf: Any = client.post(page, {"format": "pdf"})
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Content-Disposition"].endswith('.pdf"')
    data: Any = client.post(page, {"format": "json", "redacted": "1"})
    assert data.json()["names"] == ["[redacted]", "[redacted]"]


def test_a_binder_holds_every_settled_pair_and_names_the_others() -> None:
    settled, waiting = decided(), decided("=HYPERLINK Ltd", "=HYPERLINK GmbH", material=False)
    lead = person(Role.LEAD)
    client = Client()
    client.force_login(lead)
    chosen = {"action": "download_binder", "_selected_action": [str(settled.pk), str(waiting.pk)]}
    answer: Any = client.post(reverse("admin:feedback_feedback_changelist"), chosen)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert sorted(name.rpartition(".")[2] for name in names) == ["csv", "json", "pdf"]
    rows = list(csv.DictReader(io.StringIO(archive.read("contents.csv").decode())))
    assert [row["answer"] for row in rows] == ["material", "not settled yet"]
    assert rows[0]["sha256"] == json.loads(archive.read(names[1]))["hash"]


def test_a_memo_of_erased_names_is_still_issued() -> None:
    prediction = stored_prediction(words="", erased_at=timezone.now())
    memo = memos.issue_memo(prediction, person(Role.LEAD), False)
    assert memo.content["names"] == ["[redacted]", "[redacted]"]
    assert memo.to_pdf().startswith(b"%PDF-")
