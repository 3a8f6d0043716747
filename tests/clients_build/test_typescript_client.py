"""The packed TypeScript client as a user installs it: its own tests against the running product."""

import os
import re
import subprocess

from tests.clients_build.conftest import BUILD, Server

PROGRAMS = BUILD / "typescript-user"


def test_the_packed_client_passes_its_tests(server: Server) -> None:
    settings = {
        "LEGAL_NAMES_URL": server.url,
        "LEGAL_NAMES_KEY": server.key,
        "LEGAL_NAMES_READING_KEY": server.reading_key,
        "LEGAL_NAMES_EMAIL": "client@example.com",
        "LEGAL_NAMES_PASSWORD": server.product.password,
    }
    done = subprocess.run(
        ["node", "--test", *sorted(str(path) for path in PROGRAMS.glob("*.test.js"))],
        cwd=PROGRAMS,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:]
    passed = re.search(r"^# pass (\d+)$|^ℹ pass (\d+)$", done.stdout, re.M)
    assert passed is not None
    assert int(passed[1] or passed[2]) >= 18
