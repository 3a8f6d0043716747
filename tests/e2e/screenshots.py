"""`make screenshots`: the pictures of docs/images, taken from the running product by a Chromium."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EMAIL = "reviewer@example.com"
PAIR = ("The Han Seok Trading Co., Ltd.", "Han Seon Trading Holdings Company Limited")
SIZE = ViewportSize(width=1100, height=1000)
PATIENCE = 120.0


class ProductDownError(RuntimeError):
    """There is nothing to take a picture of; the message is one sentence for people."""


def main() -> int:
    """Take every picture and return the exit code."""
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print(
            f"No browser is installed (looked for {', '.join(BROWSERS)}); install Chromium.", file=sys.stderr
        )
        return 1
    password = secrets.token_urlsafe(16)
    try:
        with tempfile.TemporaryDirectory() as home, product(Path(home), password) as base:
            picture_of_a_comparison(base, password, browser)
    except ProductDownError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@contextmanager
def product(home: Path, password: str) -> Iterator[str]:
    """Run the whole system in a folder of its own; yield its address."""
    port = free_port()
    environment = {**os.environ, "VAR_DIR": str(home), "PORT": str(port), "ADMIN_EMAIL": EMAIL}
    command = [sys.executable, "-m", "config.run"]
    with subprocess.Popen(command, cwd=ROOT, env={**environment, "ADMIN_PASSWORD": password}) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/ready", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the address answers. Raises ProductDownError when the product ends or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise ProductDownError("No picture was taken: the product did not start; the lines above say why.")


def picture_of_a_comparison(base: str, password: str, browser: str) -> None:
    """Sign in, compare, and keep what the top of the answer looks like."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=browser, args=FLAGS, viewport=SIZE, color_scheme="light"
        )
        page = context.new_page()
        sign_in(page, base, password)
        page.fill("#name1", PAIR[0])
        page.fill("#name2", PAIR[1])
        page.click("#ask .primary")
        page.wait_for_selector(".verdict")
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGES / "compare.png")
        context.close()
    print(f"Written: {IMAGES / 'compare.png'}")


def sign_in(page: Page, base: str, password: str) -> None:
    """Sign in by the page and stay on the compare page."""
    page.goto(f"{base}/sign-in")
    page.fill("#username", EMAIL)
    page.fill("#password", password)
    page.click(".sign-in .primary")
    page.wait_for_selector("#ask")


if __name__ == "__main__":
    sys.exit(main())
