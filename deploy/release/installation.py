"""`python -m deploy.release.installation smoke|integration`: does an installation answer as it should?

Environment: SMOKE_URL (where it is), SMOKE_KEY (an API key of a client of its own), SMOKE_CA (the authority
of its certificate, when the system does not know it).
"""

import http.client
import json
import os
import ssl
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

JOB_SECONDS = 300
BOUNDARY = "a-boundary-of-this-check"
# What every version has to say, whatever it was trained on.
EXPECTED = {
    ("Acme, Inc.", "ACME Incorporated"): "immaterial",
    ("Northwind Traders LLC", "Southgate Holdings GmbH"): "material",
}
HIDDEN = ("/metrics", "/ready", "/heartbeats")


class CheckError(RuntimeError):
    """The installation does not answer as it should; the message says what it did instead."""


class Installation:
    """One installation, as a client reaches it."""

    def __init__(self, url: str, key: str, authority: str | None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._key = key
        self._tls = ssl.create_default_context(cafile=authority)

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and the JSON (or text) of an answer. Raises CheckError."""
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=60, context=self._tls)
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        fixed = {"Content-Type": "application/json", "Authorization": f"Api-Key {self._key}"}
        try:
            connection.request(method, path, content, {**fixed, **named})
            answer = connection.getresponse()
            raw, kind = answer.read(), answer.headers.get("Content-Type", "")
        except (OSError, http.client.HTTPException) as error:
            raise CheckError(f"{method} {path} got no answer: {error}") from None
        finally:
            connection.close()
        text = json.loads(raw) if "json" in kind and "ndjson" not in kind else raw.decode()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def expect(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the body of an answer that must have this status. Raises CheckError."""
        found, _, text = self.ask(method, path, body, **headers)
        if found != status:
            raise CheckError(f"{method} {path} was answered with {found} instead of {status}: {text}")
        return text


def check_smoke(there: Installation) -> None:
    """It lives, knows who asks, and gives the verdicts that every version gives."""
    there.expect(200, "GET", "/health")
    there.expect(200, "GET", "/api/v1/me")
    for (name1, name2), verdict in EXPECTED.items():
        answer = there.expect(201, "POST", "/api/v1/compare", {"name1": name1, "name2": name2})
        if answer["verdict"] != verdict:
            raise CheckError(f"{name1} and {name2} are {answer['verdict']} instead of {verdict}")


def check_gateway(there: Installation) -> None:
    """Internal paths are hidden, answers carry the security headers, a request id comes back."""
    for path in HIDDEN:
        there.expect(404, "GET", path)
    given = uuid.uuid4().hex
    _, headers, _ = there.ask("GET", "/api/v1/me", X_Request_ID=given)
    missing = {"strict-transport-security", "content-security-policy", "x-content-type-options"} - set(
        headers
    )
    if missing or headers.get("x-request-id") != given:
        raise CheckError(f"an answer lacks {sorted(missing)} or the request id of the client")


def check_repeated_request(there: Installation) -> None:
    """A request that is repeated by its key is answered once."""
    pair = {"name1": "Heron Ltd", "name2": "Heron Limited"}
    key = uuid.uuid4().hex
    ids = {there.expect(201, "POST", "/api/v1/compare", pair, Idempotency_Key=key)["id"] for _ in range(2)}
    if len(ids) != 1:
        raise CheckError("a request repeated by its Idempotency-Key was answered twice")


def check_batch(there: Installation) -> None:
    """A batch answers every pair in its order."""
    pairs = [{"name1": f"Heron {number} Ltd", "name2": f"Heron {number} Limited"} for number in range(20)]
    answer = there.expect(201, "POST", "/api/v1/compare/batch", {"pairs": pairs})
    if [row["answer"]["verdict"] for row in answer["results"]] != ["immaterial"] * 20:
        raise CheckError("a batch of 20 equal names was not answered with 20 times immaterial")


def check_job(there: Installation) -> None:
    """A file is compared by the workers, every row once."""
    rows = "".join(f"Crane {number} Ltd,Crane {number} Limited\n" for number in range(100))
    disposition = 'Content-Disposition: form-data; name="file"; filename="pairs.csv"'
    body = f"--{BOUNDARY}\r\n{disposition}\r\n\r\nname1,name2\n{rows}\r\n--{BOUNDARY}--\r\n".encode()
    media = f"multipart/form-data; boundary={BOUNDARY}"
    job = there.expect(201, "POST", "/api/v1/jobs", body, Content_Type=media)
    path = f"/api/v1/jobs/{job['id']}"
    deadline = time.monotonic() + JOB_SECONDS
    while job["status"] not in {"succeeded", "failed", "cancelled"} and time.monotonic() < deadline:
        time.sleep(1)
        job = there.expect(200, "GET", path)
    if (job["status"], job["rows_done"]) != ("succeeded", 100):
        raise CheckError(f"a job of 100 rows is {job['status']} with {job['rows_done']} rows done")
    there.expect(204, "DELETE", path)


SMOKE: tuple[Callable[[Installation], None], ...] = (check_smoke,)
INTEGRATION = (*SMOKE, check_gateway, check_repeated_request, check_batch, check_job)


def main(which: str) -> int:
    """Run the checks and return the exit code."""
    there = Installation(os.environ["SMOKE_URL"], os.environ["SMOKE_KEY"], os.environ.get("SMOKE_CA") or None)
    for check in INTEGRATION if which == "integration" else SMOKE:
        try:
            check(there)
        except CheckError as error:
            print(f"{check.__name__} failed: {error}", file=sys.stderr)
            return 1
        print(f"==> {check.__doc__}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
