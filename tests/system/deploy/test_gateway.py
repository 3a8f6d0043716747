"""nginx and HAProxy as shipped, before the product: what they let through and answer themselves."""

import json
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.ports import find_free_port
from matching.engine import EXECUTION
from tests.system.deploy.debian import find_program
from tests.system.deploy.edge import Edge, running, send
from tests.system.deploy.fleet import Fleet
from tests.system.serving import EMAIL, PASSWORD, wait_for

SECURITY_HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cache-control",
    "x-request-id",
)
HIDDEN = ("/metrics", "/ready", "/heartbeats", "/metrics/", "//metrics", "/%6detrics", "/static/../ready")
MARKER = "Zyxwvut-Marker-Holdings"
DOCUMENTS = "/predictions/01a20784-68fe-77f4-850e-050260a521f4/documents"
HEADER_SECONDS = 10
MANY = 150


@pytest.fixture
def edge(fleet: Fleet) -> Edge:
    """The gateway before the product."""
    return fleet.edge


@pytest.fixture
def lonely_edge(tmp_path: Path) -> Iterator[Edge]:
    """A gateway behind which nobody listens: it answers fast."""
    edge = Edge(tmp_path / "edge", {"blue": find_free_port(), "green": find_free_port()})
    with running(edge):
        yield edge


def pair(name: str = "Heron") -> dict[str, str]:
    return {"name1": f"{name} Ltd", "name2": f"{name} Limited"}


def open_tls(
    edge: Edge, *, offer: list[str] | None = None, version: ssl.TLSVersion | None = None
) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(edge.folder / "tls.crt"))
    if offer:
        context.set_alpn_protocols(offer)
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", edge.port), timeout=60)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def test_old_versions_of_tls_are_refused_and_http_2_is_offered(edge: Edge) -> None:
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(OSError, match=r"(?i)protocol|alert|version"):
            open_tls(edge, version=version)
    for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        with open_tls(edge, version=version) as connection:
            assert connection.version() == name
    with open_tls(edge, offer=["h2", "http/1.1"]) as connection:
        assert connection.selected_alpn_protocol() == "h2"


def test_a_request_over_http_2_is_answered(edge: Edge) -> None:
    command = [find_program("curl"), "--silent", "--show-error", "--http2", "--noproxy", "*"]
    trust = ["--cacert", str(edge.folder / "tls.crt"), "--write-out", " %{http_version} %{http_code}"]
    done = subprocess.run(
        [*command, *trust, f"https://127.0.0.1:{edge.port}/health"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f'{{"status": "ok", "engine": "{EXECUTION}"}} 2 200'


def test_plain_http_is_sent_to_https(edge: Edge) -> None:
    with socket.create_connection(("127.0.0.1", edge.plain_port), timeout=60) as client:
        client.sendall(b"GET /start HTTP/1.0\r\nHost: names.example\r\n\r\n")
        answer = client.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 308")
    assert "Location: https://names.example/start" in answer


def test_a_program_that_uses_plain_http_is_refused(edge: Edge) -> None:
    with socket.create_connection(("127.0.0.1", edge.plain_port), timeout=60) as client:
        client.sendall(b"POST /api/v1/compare HTTP/1.0\r\nHost: names.example\r\n\r\n")
        answer = client.makefile("rb").read().decode()
    assert answer.startswith("HTTP/1.1 403")
    assert "application/problem+json" in answer
    assert "Use https://" in answer


def test_a_comparison_is_answered_through_both(edge: Edge) -> None:
    bearer = edge.sign_in(EMAIL, PASSWORD)
    answer = edge.ask("POST", "/api/v1/compare", pair(), **bearer)
    assert (answer.status, answer.json["verdict"]) == (201, "immaterial")
    assert edge.ask("GET", "/api/v1/me", **bearer).status == 200


def test_every_answer_has_each_security_header_once(edge: Edge, lonely_edge: Edge) -> None:
    answers = {
        "the product's": edge.ask("GET", "/api/v1/me"),
        "a hidden path": edge.ask("GET", "/metrics"),
        "too large": edge.ask("POST", "/api/v1/token", b"x" * 20_000),
        "HAProxy's": lonely_edge.ask("GET", "/api/v1/me"),
    }
    assert [answer.status for answer in answers.values()] == [401, 404, 413, 503]
    for whose, answer in answers.items():
        missing = [name for name in SECURITY_HEADERS if not answer.headers.get(name)]
        assert missing == [], whose
    connection = edge.connect()
    connection.request("GET", "/api/v1/me")
    names = [name.lower() for name, _ in connection.getresponse().getheaders()]
    connection.close()
    assert [name for name in SECURITY_HEADERS if names.count(name) != 1] == []


def test_paths_for_monitoring_are_hidden_even_with_their_token(edge: Edge) -> None:
    for path in HIDDEN:
        answer = edge.ask("GET", path, Authorization="Bearer a token of this test")
        assert (answer.status, b"ok" in answer.body) == (404, False), path
    with socket.create_connection(("127.0.0.1", edge.balancer_port), timeout=60) as client:
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert b" 404 " in client.recv(100).split(b"\r\n")[0]


def test_the_request_id_goes_through_every_log_and_back(fleet: Fleet, edge: Edge) -> None:
    given = "from-a-client-0001"
    assert edge.ask("GET", "/api/v1/nowhere", X_Request_ID=given).headers["x-request-id"] == given
    logs = [edge.folder / "nginx.log", edge.folder / "haproxy.log", fleet.folder / f"web-{fleet.live()}.log"]
    wait_for(lambda: all(given in log.read_text() for log in logs))

    hostile = edge.ask("GET", "/api/v1/nowhere", X_Request_ID='x"},{"injected":1}')
    assert re.fullmatch(r"[0-9a-f]{32}", hostile.headers["x-request-id"])
    assert hostile.json["request_id"] == hostile.headers["x-request-id"]
    refused = edge.ask("GET", "/metrics", X_Request_ID=given)
    assert refused.headers["x-request-id"] == refused.json["request_id"] == given


def test_logs_are_json_and_hold_no_name_that_was_sent(edge: Edge, lonely_edge: Edge) -> None:
    for each in (edge, lonely_edge):
        each.ask("GET", f"/api/v1/predictions?name={MARKER}")
        each.ask("POST", f"/api/v1/compare?name={MARKER}", pair(MARKER))
        each.ask("POST", f"/api/v1/token?name={MARKER}", b"x" * 20_000)
        wait_for(lambda each=each: each.log.count("/api/v1/compare") >= 2)  # type: ignore[misc]
        assert MARKER not in each.log
        lines = [line for line in each.log.splitlines() if '"request_id"' in line]
        assert all(json.loads(line)["path"].startswith("/") for line in lines)


def test_bodies_are_bounded_by_route(edge: Edge) -> None:
    small, middle = b"x" * 20_000, b" " * (4 * 2**20 + 1)
    assert edge.ask("POST", "/api/v1/token", small).status == 413
    too_large = edge.ask("POST", "/api/v1/compare", middle)
    assert (too_large.status, too_large.headers["content-type"]) == (413, "application/problem+json")
    assert (too_large.json["code"], too_large.json["status"]) == ("too_large", 413)
    assert edge.ask("POST", "/api/v1/compare", middle[2:]).status == 401
    assert edge.ask("POST", "/api/v1/jobs", middle).status == 401
    assert edge.ask("POST", f"/api/v1{DOCUMENTS}", middle).status == 401
    assert edge.ask("POST", DOCUMENTS, middle).status == 302
    assert edge.ask("POST", DOCUMENTS.replace("documents", "withdraw"), middle).status == 413


@pytest.mark.parametrize(
    ("path", "streamed"), [("/api/v1/jobs", True), (DOCUMENTS, True), ("/api/v1/compare", False)]
)
def test_uploads_are_passed_on_as_they_arrive_and_other_bodies_when_they_are_whole(
    tmp_path: Path, path: str, streamed: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        edge = Edge(tmp_path / "edge", {"blue": find_free_port(), "green": find_free_port()})
        edge.balancer_port = listener.getsockname()[1]
        (tmp_path / "edge").mkdir()
        edge.write_files()
        nginx = edge.run("nginx", "-g", "daemon off;", "-c")
        listener.settimeout(60)
        try:
            wait_for(lambda: can_connect(edge.port))
            with open_tls(edge) as client:
                head = f"POST {path} HTTP/1.1\r\nHost: names.example\r\nContent-Length: 200000\r\n\r\n"
                client.sendall(head.encode() + b"x" * 100_000)
                assert has_arrived(listener, seconds=30 if streamed else 2) is streamed
        finally:
            nginx.terminate()
            nginx.wait(60)


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def has_arrived(listener: socket.socket, seconds: float) -> bool:
    listener.settimeout(seconds)
    try:
        client, _ = listener.accept()
    except TimeoutError:
        return False
    with client:
        return client.recv(100).startswith(b"POST ")


def test_one_address_is_bounded_and_another_is_not(lonely_edge: Edge) -> None:
    connection = lonely_edge.connect("127.0.0.7")
    answers = [send(connection, "GET", "/api/v1/me") for _ in range(600)]
    connection.close()
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {429, 503}
    assert (refused[0].headers["retry-after"], refused[0].json["code"]) == ("1", "throttled")
    assert lonely_edge.ask("GET", "/api/v1/me", source="127.0.0.8").status == 503


def test_signing_in_is_bounded_more_narrowly_and_a_forged_address_changes_nothing(edge: Edge) -> None:
    connection = edge.connect("127.0.0.9")
    answers = [
        send(connection, "POST", "/api/v1/token", {}, {"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(60)
    ]
    connection.close()
    throttled = [answer for answer in answers if answer.status == 429]
    assert answers[0].status == 400
    assert throttled
    assert "from this network address" in throttled[0].json["detail"]
    left = [int(re.findall(r";r=(\d+)", answer.headers["ratelimit"])[0]) for answer in answers[:2]]
    assert left[1] < left[0] + 1  # both were counted for one address


def test_slow_headers_stop_nobody_and_are_given_up(edge: Edge) -> None:
    clients = [open_tls(edge) for _ in range(MANY)]
    began = time.monotonic()
    for client in clients:
        client.sendall(b"GET / HTTP/1.1\r\nHost: names.example\r\nX-Slow: ")
    assert [edge.ask("GET", "/health").status for _ in range(5)] == [200] * 5
    assert edge.ask("GET", "/api/v1/me").status == 401
    clients[0].settimeout(HEADER_SECONDS + 60)
    assert clients[0].recv(1) == b""
    assert time.monotonic() - began > HEADER_SECONDS / 2
    for client in clients:
        client.close()


def test_answers_of_the_api_are_compressed(edge: Edge) -> None:
    bearer = edge.sign_in(EMAIL, PASSWORD)
    answer = edge.ask("GET", "/api/v1/categories", Accept_Encoding="gzip", **bearer)
    assert (answer.status, answer.headers.get("content-encoding")) == (200, "gzip")
    assert answer.body[:2] == b"\x1f\x8b"


def test_both_configurations_are_accepted_without_a_warning(tmp_path: Path) -> None:
    edge = Edge(tmp_path / "edge", {"blue": 1, "green": 2})
    (tmp_path / "edge").mkdir()
    edge.write_files()
    haproxy = [find_program("haproxy"), "-c", "-f", str(edge.folder / "haproxy.conf")]
    nginx = [find_program("nginx"), "-t", "-c", str(edge.folder / "nginx.conf")]
    for command in (haproxy, nginx):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "warn" not in (done.stdout + done.stderr).lower()
