"""Reports: people first, whatever the status; genuine for whoever has the code; silent for all others."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import proof_verifier
from accounts.audit.checkpoints import get_origin
from accounts.audit.keys import list_verifier_keys
from accounts.models import AuditEvent, Role, User
from feedback.models import IssuedReport, Letterhead
from feedback.report import codes
from feedback.report.issue import Report, ReportOptions, issue_report
from feedback.report.letterhead import LetterheadError, check_logo, get_letterhead
from feedback.report.verification import verify_code
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction, PredictionReview
from tests.matters.cast import matter_of
from tests.models import erased, installed
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

NAMES = ("Xylophonia Quince GmbH & Co. KG", "Xylophonia Quince GmbH")
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def user() -> User:
    """Somebody who compares."""
    installed()
    return person()


@pytest.fixture
def prediction(user: User) -> Prediction:
    """A real answer."""
    return compare_and_store(user, CompareRequest(*NAMES))


def decide(prediction: Prediction, decision: str = "material") -> PredictionReview:
    """The decision of reviewers, as the requester sees it."""
    at = timezone.now()
    review, _ = PredictionReview.objects.update_or_create(
        prediction=prediction,
        defaults={
            "user": prediction.user,
            "status": "decided",
            "decision": decision,
            "decided_by": "reviewers",
            "decided_at": at,
            "released_at": at,
            "people": 2,
            "clause": "2.1 Partnerships",
            "reason": "Quince is a partnership.",
        },
    )
    return review


def make_report(prediction: Prediction, actor: User | None = None, **options: Any) -> Report:
    row = Prediction.objects.with_model().with_review().get(pk=prediction.pk)
    return issue_report(row, actor or prediction.user, ReportOptions(**{"ending": "json"} | options))


def code_of(report: Report) -> str:
    return str(report.content["verification"]["code"])


def test_people_come_first_and_the_automatic_opinion_second(prediction: Prediction) -> None:
    decide(prediction)
    content = make_report(prediction, own_reference="Matter 4711").content
    keys = list(content)
    assert keys.index("decision") < keys.index("opinion") < keys.index("differences")
    assert (content["decision"]["verdict"], content["decision"]["title"]) == ("material", "Material")
    assert content["decision"]["text"] == "Quince is a partnership."
    assert "2 reviewers" in content["decision"]["note"]
    assert "2.1 Partnerships" in content["decision"]["note"]
    assert content["opinion"]["verdict"] == prediction.verdict
    assert (content["name_a"], content["name_b"]) == NAMES
    row = content["differences"][0]
    assert "& Co. KG" in row["name_a"] + row["name_b"]
    assert "ISO 20275" in row["rule"]
    assert content["own_reference"] == "Matter 4711"
    assert "UTC" in content["issued_at"]
    assert content["disclaimer"].startswith("Not legal advice")
    assert dict(content["facts"])["Rules"] == prediction.rules_version


def test_an_answer_without_a_decision_says_so(prediction: Prediction) -> None:
    decision = make_report(prediction).content["decision"]
    assert (decision["verdict"], decision["text"]) == ("", "No person has decided this pair.")


@pytest.mark.parametrize(
    "pair",
    [NAMES, ("شركة الخليج للتجارة ذ.م.م", "三菱商事株式会社"), ("A\u200bcme #eval(1) $x$", "Аcme @ref <l>")],
)
def test_every_name_prints_with_letterhead_and_logo(user: User, pair: tuple[str, str]) -> None:
    Letterhead.objects.create(
        text="Quince & Partners\nBerlin #x", logo=PIXEL, logo_type="png", changed_by=user
    )
    report = make_report(compare_and_store(user, CompareRequest(*pair)), ending="pdf")
    assert report.body.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in report.body
    assert report.content["issuer"].startswith("Quince & Partners")


def test_issuing_is_recorded_and_stores_neither_name_nor_code(prediction: Prediction) -> None:
    report = make_report(prediction, own_reference="Xylophonia")
    row = IssuedReport.objects.get()
    event = AuditEvent.objects.get(action="report.issued")
    assert event.detail == {"redacted": False, "sha256": row.sha256, "format": "json", "report": str(row.pk)}
    stored = " ".join(str(value) for value in vars(row).values()) + json.dumps(event.detail)
    assert "Xylophonia" not in stored
    assert code_of(report) not in stored
    assert "Xylophonia" not in report.file_name


def test_a_code_finds_its_report_in_every_spelling(prediction: Prediction) -> None:
    code = code_of(make_report(prediction))
    for spelling in (
        code,
        code.lower(),
        code.replace("-", " "),
        f" {code.replace('0', 'O').replace('1', 'l')} ",
    ):
        found = verify_code(spelling)
        assert found is not None
        assert (found.verdict, found.decision, found.has_changed) == (prediction.verdict, "", False)


def test_no_other_text_finds_one(prediction: Prediction) -> None:
    code = code_of(make_report(prediction))
    assert verify_code(codes.create_code()) is None
    for other in ("", code[:-1], code + "A", str(prediction.pk), IssuedReport.objects.get().code_digest):
        assert verify_code(other) is None


def test_codes_are_long_and_never_the_same() -> None:
    drawn = {codes.create_code() for _ in range(2_000)}
    assert len(drawn) == 2_000
    assert {len(code) for code in drawn} == {23}
    assert all(codes.read_code(code) == code for code in drawn)


def test_a_decision_that_changed_since_is_told(prediction: Prediction) -> None:
    decide(prediction, "material")
    code = code_of(make_report(prediction))
    decide(prediction, "immaterial")
    found = verify_code(code)
    assert found is not None
    assert (found.decision, found.decision_now, found.has_changed) == ("material", "immaterial", True)


def test_names_are_confirmed_in_either_order_and_only_as_they_are(prediction: Prediction) -> None:
    code = code_of(make_report(prediction))

    def match(*names: str) -> bool | None:
        found = verify_code(code, *names)
        assert found is not None
        return found.names_match

    assert match(*NAMES) is True
    assert match(*reversed(NAMES)) is True
    assert match(NAMES[0], "Xylophonia Quince AG") is False
    assert match(NAMES[0], "") is None


def test_after_an_erasure_a_report_is_genuine_and_confirms_no_name(prediction: Prediction) -> None:
    code = code_of(make_report(prediction))
    erased(prediction)
    found = verify_code(code, *NAMES)
    assert found is not None
    assert (found.has_names, found.names_match) == (False, None)
    content = make_report(prediction).content
    assert content["redacted"] is True
    assert "Xylophonia" not in json.dumps(content)


def test_a_report_without_names_holds_none(prediction: Prediction) -> None:
    decide(prediction)
    report = make_report(prediction, redacted=True)
    assert b"Quince" not in report.body
    found = verify_code(code_of(report), *NAMES)
    assert found is not None
    assert found.names_match is None


def test_who_may_not_read_the_names_gets_a_report_without_them(prediction: Prediction) -> None:
    assert make_report(prediction, actor=person(Role.USER)).content["redacted"] is True


def check_offline(path: Path, key: str) -> tuple[int, str]:
    """Run the program of the page as a third party does, without the project."""
    command = [sys.executable, "-I", str(path.parent / "verify_proof.py"), str(path), "--key", key]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    return done.returncode, done.stdout + done.stderr


def test_a_signed_report_is_checked_offline_and_an_altered_one_refused(
    prediction: Prediction, tmp_path: Path
) -> None:
    (tmp_path / "verify_proof.py").write_bytes(Client().get(reverse("verify-program")).content)
    path, key = tmp_path / "report.json", list_verifier_keys(get_origin())[0]
    body = make_report(prediction).body
    path.write_bytes(body)
    assert check_offline(path, key)[0] == 0
    path.write_bytes(body.replace(b"Xylophonia Quince GmbH", b"Xylophonia Prince GmbH"))
    code, said = check_offline(path, key)
    assert (code, "altered" in said) == (1, True)
    document = json.loads(body)
    other = key.replace("+", "x+", 1)
    path.write_text(json.dumps(document))
    assert check_offline(path, other)[0] == 1


def test_the_note_of_a_report_is_no_checkpoint(prediction: Prediction) -> None:
    note = json.loads(make_report(prediction).body)["signature"]
    with pytest.raises(proof_verifier.ProofError):
        proof_verifier.parse_checkpoint(note)


def test_the_page_issues_a_report_of_ones_own_and_of_nobody_else(prediction: Prediction) -> None:
    client, address = Client(), reverse("report-page", args=[prediction.pk])
    client.force_login(prediction.user)
    answer = client.post(address, {"file": "pdf", "reference": "Matter 4711"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "no-store" in answer["Cache-Control"]
    assert "Xylophonia" not in answer["Content-Disposition"]
    refused = client.post(address, {"reference": "x" * 101}, follow=True)
    assert b"at most 100 characters" in refused.content
    client.force_login(person())
    assert client.post(address, {"file": "pdf"}).status_code == 404
    assert IssuedReport.objects.count() == 1


def test_the_api_issues_the_same(prediction: Prediction) -> None:
    address = f"/api/v1/predictions/{prediction.pk}/reports"
    answer = signed_in(prediction.user).post(address, {"file": "json", "reference": "4711"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["content"]["own_reference"] == "4711"
    assert signed_in(person()).post(address, {}).status_code == 404


def test_the_page_of_verification_needs_no_account_and_shows_no_name(prediction: Prediction) -> None:
    code, client = code_of(make_report(prediction)), Client()
    assert client.get(reverse("verify-page")).status_code == 200
    answer = client.post(reverse("verify-page"), {"code": code})
    assert b"Genuine, and still the same today" in answer.content
    assert b"Quince" not in answer.content
    typed = client.post(reverse("verify-page"), {"code": code, "name1": NAMES[0], "name2": NAMES[1]})
    assert b"are the names in the report" in typed.content
    for other in (codes.create_code(), "nonsense"):
        assert b"No report has this code" in client.post(reverse("verify-page"), {"code": other}).content


@pytest.mark.parametrize("redacted", [False, True])
def test_a_report_names_its_matter_and_verification_never_does(
    prediction: Prediction, redacted: bool
) -> None:
    matter = matter_of(prediction.user, number="0077", client="MANDANT-9", note="Takeover of Quince")
    Prediction.objects.filter(pk=prediction.pk).update(matter=matter)
    report = make_report(prediction, redacted=redacted)
    assert report.content["matter"] == "MANDANT-9/0077"
    assert b"Takeover" not in report.body
    assert make_report(prediction, ending="pdf", redacted=redacted).body.startswith(b"%PDF-")
    found = verify_code(code_of(report))
    page = Client().post(reverse("verify-page"), {"code": code_of(report)}).content.decode()
    for shown in (page, str(found), report.file_name, str(vars(IssuedReport.objects.all()[1]))):
        assert not any(word in shown for word in ("MANDANT-9", "0077", "Takeover", str(matter.pk)))
    assert "Genuine" in page


def test_a_report_of_no_matter_names_none(prediction: Prediction) -> None:
    assert make_report(prediction).content["matter"] == ""


def test_trying_codes_is_slowed_down() -> None:
    client = Client(REMOTE_ADDR="203.0.113.77")
    statuses = [
        client.post(reverse("verify-page"), {"code": codes.create_code()}).status_code for _ in range(25)
    ]
    assert statuses[:15] == [200] * 15
    assert statuses[-1] == 429


def test_an_administrator_sets_letterhead_and_logo(tmp_path: Path) -> None:
    client, address = Client(), reverse("admin:feedback_letterhead_change_letterhead")
    client.force_login(person(Role.ADMINISTRATOR))
    logo = tmp_path / "logo.png"
    logo.write_bytes(PIXEL)
    with logo.open("rb") as file:
        client.post(address, {"text": "Quince & Partners", "logo": file})
    current = get_letterhead()
    assert (current.text, current.logo_type, bytes(current.logo)) == ("Quince & Partners", "png", PIXEL)
    client.post(address, {"text": "Quince LLP"})
    assert bytes(get_letterhead().logo) == PIXEL
    client.post(address, {"text": "Quince LLP", "remove_logo": "on"})
    assert get_letterhead().logo_type == ""
    assert AuditEvent.objects.filter(action="report.letterhead_changed").count() == 3
    client.force_login(person(Role.LEAD))
    assert client.post(address, {"text": "Mine"}).status_code == 403


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GIF89a", "neither PNG nor JPEG"),
        (PIXEL[:20], "damaged"),
        (PIXEL + b"0" * 102_400, "larger than 100 KB"),
    ],
)
def test_a_logo_that_cannot_be_printed_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(LetterheadError, match=words):
        check_logo(content)
