"""Labelled files in and out: previewed before anything is stored, nothing a spreadsheet would run."""

import csv
import io
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook
from pytest_django import Settings

from accounts.key_rotation import load_key_ring, rotate_keys
from accounts.models import AuditEvent, Role
from accounts.privacy import erasure, retention
from feedback.models import Feedback, ImportPreview
from matching.models import Prediction
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

GOOD = """name1,name2,answer,profile,reason
Quince GmbH,Quince KG,material,general,Another form
A Ltd,A Limited,immaterial,kyc,
"""


@pytest.fixture
def client() -> Client:
    """The browser of a lead."""
    installed()
    browser = Client()
    browser.force_login(person(Role.LEAD))
    return browser


def at(what: str) -> str:
    return reverse(f"admin:feedback_feedback_{what}")


def uploaded(client: Client, content: str | bytes, name: str = "labels.csv", form: str = "0") -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(at("import"), {"import_file": SimpleUploadedFile(name, raw), "format": form})


def confirmed(client: Client, preview: Any) -> Any:
    return client.post(at("process_import"), preview.context["confirm_form"].initial, follow=True)


def test_a_file_is_previewed_and_stored_only_when_confirmed(client: Client) -> None:
    preview = uploaded(client, GOOD)
    assert "Quince GmbH" in preview.content.decode()
    assert not Feedback.objects.exists()
    assert not Prediction.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM import_previews")
        ((kept,),) = cursor.fetchall()
    assert b64encode(b"Quince").decode() not in kept
    confirmed(client, preview)
    rows = {row.prediction.name1: row for row in Feedback.objects.for_training()}
    assert (rows["Quince GmbH"].user_correction, rows["Quince GmbH"].source) == (True, "import")
    assert (rows["A Ltd"].user_correction, rows["A Ltd"].prediction.profile) == (False, "kyc")
    assert not ImportPreview.objects.exists()
    assert AuditEvent.objects.filter(action="feedback.imported").count() == 1


def test_a_preview_that_nobody_confirms_is_deleted_after_a_day(client: Client) -> None:
    preview = uploaded(client, GOOD)
    retention.apply_rules(timezone.now())
    assert ImportPreview.objects.count() == 1
    retention.apply_rules(timezone.now() + timedelta(hours=25))
    assert not ImportPreview.objects.exists()
    assert "This preview has expired" in confirmed(client, preview).content.decode()
    assert not Feedback.objects.exists()


def test_a_preview_moves_to_the_new_key(client: Client, settings: Settings) -> None:
    preview = uploaded(client, GOOD)
    old = settings.FIELD_ENCRYPTION_KEY
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode(), *old]
    report = rotate_keys(100, 0, lambda _: None)
    assert report.is_complete(load_key_ring().first_key_id)
    settings.FIELD_ENCRYPTION_KEY = settings.FIELD_ENCRYPTION_KEY[:1]
    assert b64decode(ImportPreview.objects.get().content).decode("utf-8-sig") == GOOD
    settings.FIELD_ENCRYPTION_KEY = old
    assert preview.status_code == 200


@pytest.mark.parametrize("subject", ["user", "name", "age"])
def test_a_preview_is_erased_with_its_subject(client: Client, subject: str) -> None:
    uploaded(client, GOOD)
    owner = ImportPreview.objects.get().user
    assert owner is not None
    request = {
        "user": lambda: erasure.request_user_erasure(owner, None, "request 9"),
        "name": lambda: erasure.request_name_erasure("Quince GmbH", None, "request 9"),
        "age": lambda: erasure.request_erasure_before(timezone.now(), "request 9"),
    }[subject]()
    other = erasure.run_erasure(erasure.request_user_erasure(person(), None, "somebody else"))
    assert "import_previews" not in other.counts
    assert erasure.run_erasure(request).counts["import_previews"] == 1
    assert not ImportPreview.objects.exists()


def test_only_who_uploaded_a_file_confirms_it(client: Client) -> None:
    preview = uploaded(client, GOOD)
    other = Client()
    other.force_login(person(Role.LEAD))
    assert "This preview has expired" in confirmed(other, preview).content.decode()
    assert not Feedback.objects.exists()
    confirmed(client, preview)
    assert Feedback.objects.count() == 2


def test_every_bad_row_is_named_and_nothing_is_stored(client: Client) -> None:
    rows = ["Acme,Acme,maybe,general", ",B,material,mars", "!!,C,material,", "D,E,material,"]
    bad = "\n".join(["name1,name2,answer,profile", *rows])
    text = uploaded(client, bad).content.decode()
    for said in (
        "Write material or immaterial",
        "Write a name",
        "Write one of general",
        "one letter or digit",
    ):
        assert said in text
    assert not Feedback.objects.exists()


def test_a_missing_column_is_named(client: Client) -> None:
    assert "There is no column answer" in uploaded(client, "name1,name2\nA,B\n").content.decode()


def test_a_workbook_is_read_like_a_csv(client: Client) -> None:
    book, file = Workbook(), io.BytesIO()
    for line in csv.reader(io.StringIO(GOOD)):
        book.active.append(line)  # type: ignore[union-attr]
    book.save(file)
    confirmed(client, uploaded(client, file.getvalue(), "labels.xlsx", "1"))
    assert Feedback.objects.count() == 2


def test_the_same_file_twice_labels_once_and_a_contradiction_is_refused(client: Client) -> None:
    for _ in range(2):
        confirmed(client, uploaded(client, GOOD))
    assert Feedback.objects.count() == 2
    other = GOOD.replace(",material,", ",immaterial,")
    assert "imported as material before" in uploaded(client, other).content.decode()


def test_only_leads_import() -> None:
    browser = Client()
    browser.force_login(person(Role.REVIEWER))
    assert browser.get(at("import")).status_code == 403


def exported(client: Client, action: str, **fields: str) -> Any:
    chosen = [str(pk) for pk in Feedback.objects.values_list("pk", flat=True)]
    return client.post(at("changelist"), {"action": action, "_selected_action": chosen, **fields})


def test_an_export_runs_no_formula_and_holds_names_only_when_asked(client: Client) -> None:
    prediction = stored_prediction("=HYPERLINK(1)", "@SUM")
    Feedback.objects.create(
        prediction=prediction, reviewer=person(), source="review", user_correction=True, feedback_text="+cmd"
    )
    plain = b"".join(exported(client, "export_without_names").streaming_content).decode()
    assert "HYPERLINK" not in plain
    assert b"HYPERLINK" not in exported(client, "export_with_names").content
    whole = b"".join(
        exported(client, "export_with_names", apply="1", reason="a dispute").streaming_content
    ).decode()
    (row,) = csv.DictReader(io.StringIO(whole))
    assert (row["name1"], row["name2"], row["reason"]) == ("'=HYPERLINK(1)", "'@SUM", "'+cmd")
    detail = AuditEvent.objects.get(action="feedback.exported").detail
    assert (detail["rows"], detail["names"], detail["reason"]) == (1, True, "a dispute")


def test_an_export_is_streamed_in_as_many_queries_for_many_rows_as_for_few(client: Client) -> None:
    user = person()

    def spent() -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = exported(client, "export_without_names")
            assert answer.streaming
            b"".join(answer.streaming_content)
        return len(queries)

    Feedback.objects.create(
        prediction=stored_prediction(), reviewer=user, source="review", user_correction=True
    )
    few = spent()
    for number in range(12):
        row = stored_prediction(f"A {number}", "A", user=user)
        Feedback.objects.create(prediction=row, reviewer=user, source="review", user_correction=True)
    assert spent() == few
