"""An OpenID provider as a process of its own on loopback, and people who sign in there."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from config.local.ports import find_free_port

_PATIENCE = 30.0


@dataclass(frozen=True)
class IdentityProvider:
    """A running provider; ``issuer`` is its address."""

    issuer: str

    def add_person(self, subject: str, **claims: Any) -> None:
        """Let the provider know somebody."""
        answer = requests.put(f"{self.issuer}/users/{subject}", json={"sub": subject, **claims}, timeout=10)
        answer.raise_for_status()

    def authorize(self, address: str, subject: str) -> str:
        """Sign somebody in at the address that the product sent the browser to; return where that leads."""
        answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def run_identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider on a free port."""
    port = find_free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:  # type: ignore[call-overload]  # same keywords as above
        try:
            provider = IdentityProvider(f"http://127.0.0.1:{port}")
            _wait(provider, process)
            yield provider
        finally:
            process.terminate()


def _wait(provider: IdentityProvider, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=2).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the OpenID provider did not start")
