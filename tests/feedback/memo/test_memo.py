"""Memos: everything a lawyer hands on, in every script, checkable, redacted on demand."""

import csv
import io
import json
import re
import zipfile
import zlib
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent, Role, User
from feedback.memo import content as memos
from feedback.memo.fonts import replace_unprintable
from feedback.memo.pdf import render_pdf
from feedback.memo.words import list_words
from feedback.models import Feedback, ReviewItem
from feedback.review.decisions import submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction
from matters.service import add_member
from tests.matters.cast import matter_of
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
    prediction = compare_and_store(person(), CompareRequest(one, other))
    Prediction.objects.filter(pk=prediction.pk).update(stream="uncertain", selection_probability=0.5)
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    item = ReviewItem.objects.claim(reviewer, timezone.now())
    assert item is not None
    return submit_decision(item, reviewer, material, text, guideline_version="1")


def issued(word: Feedback, redacted: bool = False, actor: User | None = None) -> memos.Memo:
    prediction = Prediction.objects.with_model().get(pk=word.prediction_id)
    return memos.issue_memo(prediction, actor or word.reviewer, redacted, []).memo


def unpacked(body: bytes) -> bytes:
    """A PDF with its compressed streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", body, re.S)
    packed = [stream for stream in streams if stream.startswith(b"x")]
    return body + b"".join(zlib.decompressobj().decompress(stream) for stream in packed)


def test_a_memo_in_german_says_the_same_and_prints() -> None:
    english = issued(decided())
    with translation.override("de"):
        german = issued(Feedback.objects.get())
        printed = unpacked(german.to_pdf())
    assert german.content["title"] == "Vermerk über zwei rechtliche Namen"
    assert german.content["answer"][0][0] == "Ergebnis"
    assert german.content["answer"][1][1] != english.content["answer"][1][1]
    assert (german.content["final"], german.content["names"]) == ("material", list(NAMES))
    assert re.search(r"/Lang ?\(de\)", printed.decode("latin-1"))


def test_a_memo_says_all_and_carries_its_hash() -> None:
    word = decided()
    memo = issued(word)
    text = memo.to_json().decode()
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


@pytest.mark.parametrize("redacted", [False, True])
def test_a_memo_names_the_matter_of_the_pair(redacted: bool) -> None:
    word = decided()
    assert "Matter" not in dict(issued(word, redacted).content["facts"])
    matter = matter_of(word.prediction.user, number="0077", client="10023", note="Takeover of Quince")
    add_member(matter, word.reviewer.email, word.prediction.user)
    Prediction.objects.filter(pk=word.prediction_id).update(matter=matter)
    memo = issued(word, redacted)
    assert memo.content["facts"][0] == ["Matter", "10023/0077"]
    assert b"Takeover" not in memo.to_json()
    assert memo.to_pdf().startswith(b"%PDF-")


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


SCRIPTS = {
    "NotoSansBengali": "বাংলাদেশ ব্যাংক লিমিটেড",
    "NotoSansTamil": "தமிழ்நாடு நிறுவனம்",
    "NotoSansTelugu": "తెలుగు సంస్థ లిమిటెడ్",
    "NotoSansGujarati": "ગુજરાત લિમિટેડ",
    "NotoSansGurmukhi": "ਪੰਜਾਬ ਲਿਮਟਿਡ",
    "NotoSansKannada": "ಕರ್ನಾಟಕ ಬ್ಯಾಂಕ್",
    "NotoSansMalayalam": "കേരള ബാങ്ക്",
    "NotoSansOriya": "ଓଡ଼ିଶା ବ୍ୟାଙ୍କ",
    "NotoSansEthiopic": "የኢትዮጵያ ንግድ ባንክ",
    "NotoSansKhmer": "ធនាគារ កម្ពុជា",
    "NotoSansMyanmar": "မြန်မာ ကုမ္ပဏီ",
    "NotoSansSinhala": "ශ්‍රී ලංකා සමාගම",
    "NotoSansLao": "ບໍລິສັດ ລາວ",
    "NotoEmoji": "Acme 🚀 👨‍👩‍👧 Ltd",
}


@pytest.mark.parametrize(("font", "name"), SCRIPTS.items(), ids=SCRIPTS)
def test_a_name_prints_in_its_own_script(font: str, name: str) -> None:
    assert replace_unprintable(name) == name
    body = issued(decided(name, f"{name} 2")).to_pdf()
    assert font.encode() in unpacked(body)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("བོད་ Ltd", "[U+0F56][U+0F7C][U+0F51][U+0F0B] Ltd"),
        ("ᠮᠣ", "[U+182E][U+1823]"),
        ("a\x01\ue000\U00030000\ufffe", "a[U+0001][U+E000][U+30000][U+FFFE]"),
        ("\ud800", "[U+D800]"),
    ],
)
def test_what_no_font_has_prints_as_its_code_point(name: str, printed: str) -> None:
    assert replace_unprintable(name) == printed


@pytest.mark.parametrize("name", ["བོད་ལྗོངས་", "ᠮᠣᠩᠭᠣᠯ", "𐎀𐎁 \ue000 𓀀", "課\u0e48\u1dd4"])
def test_a_memo_in_a_script_without_a_font_is_downloaded(name: str) -> None:
    word = decided(name, f"{name} 2")
    client = Client()
    client.force_login(word.reviewer)
    pdf: Any = client.post(reverse("admin:review-memo", args=[word.pk]), {"format": "pdf"})
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert AuditEvent.objects.filter(action="memo.issued").count() == 1


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_prints(text: str) -> None:
    facts = [["Name", text]]
    content = {
        **dict.fromkeys(("title", "id", "issuer", "issued_at", "disclaimer", "hash"), "x"),
        **{key: [] for key in ("deceiving", "decisions", "answer", "differences")},
        "names": [text, "x"],
        "facts": facts,
    }
    assert render_pdf(
        {**content, "words": list_words(content)}, timezone.now().replace(microsecond=0)
    ).startswith(b"%PDF-")


def test_json_holds_a_name_that_no_encoding_can_write() -> None:
    memo = memos.Memo({"names": ["a\ud800"]}, timezone.now())
    assert json.loads(memo.to_json()) == {"names": ["a\ud800"]}


def test_a_redacted_memo_holds_no_name_no_reason_and_no_person() -> None:
    word = decided()
    text = issued(word, redacted=True).to_json().decode()
    for part in ("Xylophonia", "Quince", "partnership", word.reviewer.email.split("@")[0] + ", "):
        assert part not in text.replace(f'"issuer": "{word.reviewer.email}"', "")
    assert "Legal form changed" in text


def test_who_may_not_see_names_gets_a_redacted_memo() -> None:
    assert b"Xylophonia" not in issued(decided(), actor=person(Role.AUDITOR)).to_json()


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
    page: Any = client.post(reverse("admin:feedback_feedback_changelist"), chosen)
    assert "Download memos with names: 2 chosen" in page.content.decode()
    chosen |= {"apply": "1", "keys": chosen["_selected_action"], "reason": "the file of the case"}
    answer: Any = client.post(reverse("admin:feedback_feedback_changelist"), chosen)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert sorted(name.rpartition(".")[2] for name in names) == ["csv", "json", "pdf"]
    rows = list(csv.DictReader(io.StringIO(archive.read("contents.csv").decode())))
    assert [row["answer"] for row in rows] == ["material", "not settled yet"]
    assert rows[0]["sha256"] == json.loads(archive.read(names[1]))["hash"]


def test_one_memo_that_cannot_be_made_fails_no_binder_and_leaves_no_event() -> None:
    good, damaged = decided(), decided("Borealis Ltd", "Borealis GmbH")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE predictions SET name1 = (SELECT name1 FROM predictions WHERE id = %s) WHERE id = %s",
            [good.prediction_id, damaged.prediction_id],
        )
    keys = [good.prediction_id, damaged.prediction_id]
    chosen = list(Prediction.objects.with_model().filter(pk__in=keys).order_by("id"))
    archive = zipfile.ZipFile(io.BytesIO(memos.build_binder(chosen, person(Role.LEAD), redacted=False)))
    rows = list(csv.DictReader(io.StringIO(archive.read("contents.csv").decode())))
    assert [row["answer"] for row in rows] == ["material", "failed: the memo could not be made"]
    assert len(archive.namelist()) == 3
    assert AuditEvent.objects.filter(action="memo.issued").count() == 1


def test_a_memo_of_erased_names_is_still_issued() -> None:
    prediction = stored_prediction(words="", erased_at=timezone.now())
    memo, files = memos.issue_memo(prediction, person(Role.LEAD), False)
    assert memo.content["names"] == ["[redacted]", "[redacted]"]
    assert files["pdf"].startswith(b"%PDF-")
