"""What is wrong with a file is said in the language of the reader, and stored in English."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from matching.jobs.formats.language import show_file_error
from matching.jobs.formats.sentences import SENTENCES, RowSentence
from tests.jobs import PAIRS, csv_file, job_of, worked_off
from tests.modelops.test_sentences import build_example
from tests.models import installed
from tests.people import browse, person, signed_in

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def user() -> User:
    """Somebody who sends files."""
    installed()
    return person()


@pytest.fixture
def browser(user: User) -> Client:
    """Their browser."""
    return browse(user)


@pytest.mark.parametrize("template", SENTENCES)
def test_every_sentence_is_shown_in_german(template: str) -> None:
    example = build_example(template, RowSentence.NO_OBJECT)
    assert show_file_error(example) == example
    with translation.override("de"):
        assert show_file_error(example) != example


FAULTS = [
    ("pairs.csv", "name1,name2\nA,B".encode("utf-16"), "Die Datei ist Text in UTF-16"),
    ("pairs.csv", b"PK\x03\x04", "Die Datei ist eine Arbeitsmappe oder ein Archiv, nicht CSV"),
    ("pairs.xlsx", b"no workbook", "Die Datei ist keine XLSX-Arbeitsmappe oder eine beschädigte."),
    ("pairs.jsonl", b"[1]\n", "Zeile ist nicht verwendbar: Die Zeile ist kein JSON-Objekt."),
    ("pairs.pdf", b"%PDF", "Bitte die Datei .csv, .xlsx oder .jsonl nennen"),
    ("pairs.csv", b"a,b\nx,y\n", "Es gibt keine Spalte name1, name2; die Spalten sind a, b."),
]


@pytest.mark.parametrize(("name", "content", "sentence"), FAULTS)
def test_the_api_says_in_german_why_a_file_cannot_be_used(
    user: User, name: str, content: bytes, sentence: str
) -> None:
    file = BytesIO(content)
    file.name = name
    answer = signed_in(user).post("/api/v1/jobs", {"file": file}, format="multipart", headers=GERMAN)
    assert answer.status_code == 400
    assert sentence in str(answer.json())


def test_the_pages_say_in_german_what_is_wrong_with_a_file_and_its_rows(browser: Client) -> None:
    address, draft = reverse("jobs-page"), csv_file(PAIRS) + b"5,Acme\r\n"
    utf16 = SimpleUploadedFile("pairs.csv", "a,b".encode("utf-16"))
    refused = browser.post(address, {"text": "", "file": utf16}, headers=GERMAN, follow=True)
    assert "Die Datei ist Text in UTF-16" in refused.content.decode()
    taken = browser.post(
        address, {"text": "", "file": SimpleUploadedFile("pairs.csv", draft)}, headers=GERMAN
    )
    page = browser.get(taken.headers["Location"], headers=GERMAN).content.decode()
    assert "Die Zeile hat 2 Felder, die Kopfzeile 3." in page
    choices = {"column1": "name1", "column2": "name1", "titles": "yes", "profile": "ucc", "kind": "auto"}
    wrong = browser.post(taken.headers["Location"], choices, headers=GERMAN)
    assert "Die beiden Namen müssen in zwei Spalten stehen." in wrong.content.decode()


def test_a_failed_job_keeps_the_english_sentence_and_is_read_in_both_languages(
    user: User, browser: Client
) -> None:
    job = worked_off(job_of(user, csv_file([]), "pairs.csv"))
    english, german = (
        "The file has no rows below its header.",
        "Die Datei hat keine Zeilen unter ihrer Kopfzeile.",
    )
    assert (job.status, job.error) == ("failed", english)
    client = signed_in(user)
    told = [
        client.get(f"/api/v1/jobs/{job.pk}", headers={"Accept-Language": language}).json()["error"]
        for language in ("en", "de")
    ]
    assert told == [english, german]
    assert german in browser.get(reverse("job-page", args=[job.pk]), headers=GERMAN).content.decode()


def test_a_row_that_failed_is_told_in_german_and_stays_english_in_the_file(user: User) -> None:
    job = worked_off(job_of(user, csv_file(PAIRS) + b"5,Acme\r\n", "pairs.csv"))
    answer = signed_in(user).get(f"/api/v1/jobs/{job.pk}/rows", headers=GERMAN).json()
    errors = [row["error"] for row in answer["results"] if row["error"]]
    assert errors == ["Die Zeile hat 2 Felder, die Kopfzeile 3."]
