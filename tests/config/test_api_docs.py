"""The documentation of the API: lines that run, every operation, a console without cookies for the API."""

import base64
import hashlib
import hmac
import json
import re
import subprocess
import time
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client
from playwright._impl._driver import compute_driver_executable
from rest_framework.test import APIClient

from accounts.models import AuditEvent, Role, User
from config.web.api_reference import list_groups
from config.web.problem_table import PROBLEMS
from tests.people import person

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
BODY = b'{"type": "webhook.test"}'


def browser(user: User, *, check_csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=check_csrf)
    client.force_login(user)
    return client


def sign_body(body: bytes, at: int) -> dict[str, str]:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"msg_1.{at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,AAAA v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature}


def test_the_guide_is_open_and_its_lines_name_this_installation(client: Client) -> None:
    page = client.get("/api/docs", headers={"Host": "localhost:5001"}).content.decode()
    assert "curl http://localhost:5001/api/v1/compare" in page
    for part in (
        "authentication",
        "errors",
        "limits",
        "idempotency",
        "jobs",
        "webhooks",
        "paging",
        "clients",
        "client-python",
        "client-typescript",
        "client-mcp",
        "changes",
    ):
        assert f'id="{part}"' in page
    assert 'Client("http://localhost:5001", "lnc_' in page
    assert '"LEGAL_NAMES_URL": "http://localhost:5001"' in page
    assert all(f"<code>{problem.code}</code>" in page for problem in PROBLEMS)


def test_every_operation_is_in_the_reference_with_its_fields_and_an_example(client: Client) -> None:
    page = client.get("/api/docs/reference").content.decode()
    document = client.get("/api/schema", headers={"Accept": "application/json"}).json()
    ids = {row["operationId"] for path in document["paths"].values() for row in path.values()}
    assert {operation.id for _, rows in list_groups() for operation in rows} == ids
    assert all(f'id="{one}"' in page for one in ids)
    compare = next(operation for _, rows in list_groups() for operation in rows if operation.id == "compare")
    fields = {field.name: field for field in compare.body}
    assert fields["name1"].is_required
    assert fields["profile"].type == (
        "one of contract, general, kyc, lc, sanctions, strict, ucc; default general"
    )
    assert json.loads(compare.request_example)["name1"]
    assert "Sign in to try them here." in page
    assert "console" not in re.findall(r'class="(\w+)"', page)


def test_who_is_signed_in_may_send_with_a_token_of_minutes() -> None:
    user = person(Role.CLIENT)
    client = browser(user)
    assert 'class="console"' in client.get("/api/docs/reference").content.decode()
    answer = client.post("/api/docs/token")
    assert answer["Cache-Control"].startswith("max-age=0")
    api = APIClient(headers={"Authorization": f"Bearer {answer.json()['access']}"})
    assert api.get("/api/v1/me").json()["email"] == user.email
    assert answer.json()["seconds"] == 300
    assert AuditEvent.objects.get(action="token.issued").detail["via"] == "console"


def test_the_token_needs_a_session_and_the_token_of_a_form() -> None:
    assert Client().post("/api/docs/token").status_code == 302
    assert browser(person(), check_csrf=True).post("/api/docs/token").status_code == 403
    assert not AuditEvent.objects.filter(action="token.issued").exists()


def test_the_api_itself_reads_no_cookies() -> None:
    assert browser(person()).get("/api/v1/me").status_code == 401


def test_the_python_lines_accept_what_is_signed_and_refuse_the_rest() -> None:
    program: dict[str, object] = {}
    exec(render_to_string("api_docs/verify_python.txt"), program)  # noqa: S102 - our own documentation
    verify = program["verify"]
    assert callable(verify)
    now = int(time.time())
    assert verify(SECRET, sign_body(BODY, now), BODY) == {"type": "webhook.test"}
    with pytest.raises(ValueError, match="no signature fits"):
        verify(SECRET, sign_body(BODY, now), BODY + b" ")
    with pytest.raises(ValueError, match="too old"):
        verify(SECRET, sign_body(BODY, now - 600), BODY)


def test_the_javascript_lines_do_the_same(tmp_path: Path) -> None:
    (tmp_path / "verify.mjs").write_text(render_to_string("api_docs/verify_javascript.txt"), encoding="utf-8")
    now = int(time.time())
    cases = [
        [sign_body(BODY, at), BODY.decode() + tail] for at, tail in ((now, ""), (now, " "), (now - 600, ""))
    ]
    (tmp_path / "run.mjs").write_text(
        'import { verify } from "./verify.mjs";\n'
        f"for (const [headers, body] of {json.dumps(cases)}) {{\n"
        f"  try {{ console.log(verify({json.dumps(SECRET)}, headers, body).type); }}\n"
        "  catch (error) { console.log(error.message); }\n"
        "}\n",
        encoding="utf-8",
    )
    node, _ = compute_driver_executable()
    run = subprocess.run([node, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["webhook.test", "no signature fits", "too old or too new"]
