"""Reports as their readers get them: pages, files and the API."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.models import Role
from analytics.reports.content import Column, Page, Section, Style, Table, format_cell, format_seconds
from analytics.reports.files import render_file
from tests.analytics.test_reports import TODAY, traffic
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

REPORTS = ("daily-metrics", "user-activity", "model-performance")
APIS = ("daily-metrics", "user-activity", "model-performance-trends")


def browser(role: str) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_shows_its_numbers_and_states_period_and_zone(name: str) -> None:
    traffic()
    shown = browser(Role.LEAD).get(f"/admin/analytics/reports/{name}/?preset=7").content.decode()
    assert "(UTC)" in shown
    assert "<canvas" in shown or name == "user-activity"
    assert "Traceback" not in shown


@pytest.mark.parametrize("name", REPORTS)
def test_an_empty_report_says_what_will_appear(name: str) -> None:
    shown = browser(Role.APPROVER).get(f"/admin/analytics/reports/{name}/").content.decode()
    assert "will appear here" in shown
    assert "<canvas" not in shown
    assert "Nothing was counted yet" in shown


def test_clients_have_names_for_a_lead_and_none_for_an_approver() -> None:
    first, _ = traffic()
    address = "/admin/analytics/reports/user-activity/"
    assert first.email in browser(Role.LEAD).get(address).content.decode()
    hidden = browser(Role.APPROVER).get(address).content.decode()
    assert first.email not in hidden
    assert f"User …{str(first.pk)[-6:]}" in hidden


@pytest.mark.parametrize("role", [Role.USER, Role.CLIENT, Role.REVIEWER])
def test_others_see_no_report(role: Role) -> None:
    client = browser(role)
    statuses = {client.get(f"/admin/analytics/reports/{name}/").status_code for name in REPORTS}
    assert statuses == ({403} if role == Role.REVIEWER else {302})
    api = signed_in(person(role))
    assert {api.get(f"/api/v1/analytics/{name}").status_code for name in APIS} == {403}


def test_a_wrong_period_is_refused_and_an_unknown_report_is_not_there() -> None:
    client = browser(Role.LEAD)
    shown = client.get(
        "/admin/analytics/reports/daily-metrics/?first=2026-02-01&last=2026-01-01"
    ).content.decode()
    assert "The period ends before it begins." in shown
    assert client.get("/admin/analytics/reports/nothing/").status_code == 404
    assert client.get("/admin/analytics/reports/daily-metrics/?file=doc").status_code == 404


def test_files_have_every_day_and_numbers_as_numbers() -> None:
    traffic()
    client, address = browser(Role.LEAD), "/admin/analytics/reports/daily-metrics/?preset=7"
    rows = list(csv.reader(io.StringIO(client.get(f"{address}&file=csv").content.decode())))
    assert ["kyc", "1", "1", "0", "0", "0.79"] in rows
    answer = client.get(f"{address}&file=xlsx")
    assert "daily-metrics-" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [[cell.value for cell in row] for row in book["By profile"].iter_rows()]
    assert ["kyc", 1, 1, 0, 0, 0.79] in cells
    assert client.get(f"{address}&file=pdf").content.startswith(b"%PDF")


def test_a_text_that_a_program_would_run_is_kept_as_text() -> None:
    table = Table("=1+1", [Column("Name"), Column("n", Style.COUNT)], [["=HYPERLINK(1)", 3]])
    page = Page("Test", "", [Section("Test", tables=[table])])
    assert b"'=HYPERLINK(1),3" in render_file(page, "csv")
    sheet = openpyxl.load_workbook(io.BytesIO(render_file(page, "xlsx"))).worksheets[0]
    assert sheet["A2"].data_type == "s"


@pytest.mark.parametrize("name", APIS)
def test_the_api_answers_who_may_see_reports(name: str) -> None:
    traffic()
    answer = signed_in(person(Role.MODEL_ENGINEER)).get(f"/api/v1/analytics/{name}?preset=7")
    assert answer.status_code == 200
    assert answer.json()["period"]["time_zone"] == "UTC"


def test_the_api_filters_compares_and_hides_names() -> None:
    first, second = traffic()
    lead, engineer = signed_in(person(Role.LEAD)), signed_in(person(Role.MODEL_ENGINEER))
    report = lead.get("/api/v1/analytics/daily-metrics?preset=7").json()
    assert (report["total"]["total"], report["total_before"]["total"]) == (4, 1)
    assert report["clients"][0]["client"]["email"] == first.email
    only = engineer.get(f"/api/v1/analytics/daily-metrics?preset=7&client={second.pk}").json()
    assert only["total"]["total"] == 1
    assert only["clients"][0]["client"] == {"id": str(second.pk), "role": "client", "email": None}
    first_day = (TODAY - timedelta(days=1)).isoformat()
    dated = lead.get(f"/api/v1/analytics/daily-metrics?first={first_day}&last={first_day}").json()
    assert [day["total"] for day in dated["days"]] == [4]
    for wrong in ("first=2026-02-01&last=2026-01-01", "preset=9", "source=import", "client=x"):
        assert lead.get(f"/api/v1/analytics/daily-metrics?{wrong}").status_code == 400


def test_a_key_reads_reports_only_with_the_scope_read() -> None:
    user = person(Role.LEAD)
    for scope, status in (("compare", 403), ("read", 200)):
        _, key = issue_api_key(user, scope, None, [scope])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
        assert client.get("/api/v1/analytics/daily-metrics").status_code == status


def test_values_are_written_with_their_unit() -> None:
    assert [format_cell(0.1234, Style.SHARE), format_cell(1234, Style.COUNT)] == ["12.3%", "1,234"]
    assert format_cell(None, Style.SHARE) == "–"
    assert format_cell(timezone.now()).endswith("UTC")
    assert [format_seconds(value) for value in (0.02, 45, 720, 12_240, 260_000)] == [
        "20 ms", "45 s", "12 min", "3.4 h", "3.0 days",
    ]  # fmt: skip
