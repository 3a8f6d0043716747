"""What `deploy/bin/colour` does with containers, done with processes of this machine.

`python -m tests.system.deploy.processes prepare|start|stop|background|pause|end blue|green`; FLEET names a
folder with `common.json`, `owner.json`, `blue.json` and `green.json`: environments, the colour's on top.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ["FLEET"])
GRACE_SECONDS = 90
WEB = ("gunicorn", "--config=python:config.process.gunicorn", "config.wsgi")
WORKER = ("celery", "--app=config", "worker", "--queues=default,jobs,monitor,train,notify", "--concurrency=1")
BEAT = ("celery", "--app=config", "beat", "--pidfile=")


def main(action: str, colour: str) -> None:
    if action == "prepare":
        command = [sys.executable, "manage.py", "prepare"]
        subprocess.run(command, cwd=ROOT, env=read_environment(colour, "owner"), check=True)
    elif action == "start":
        start(f"web-{colour}", colour, WEB)
    elif action == "stop":
        stop(f"web-{colour}")
    elif action == "background":
        stop("beat")  # one at a time
        start("beat", colour, BEAT)
        start("next-worker", colour, WORKER)
        stop("worker")
        (FOLDER / "next-worker.pid").replace(FOLDER / "worker.pid")
    elif action == "pause":
        stop("beat")
        stop("worker")
    elif action == "end":
        for name in ("web-blue", "web-green", "worker", "next-worker", "beat"):
            stop(name)


def read_environment(colour: str, *also: str) -> dict[str, str]:
    names = ("common", *also, colour)
    parts = [json.loads((FOLDER / f"{name}.json").read_text()) for name in names]
    return {"PATH": os.environ["PATH"], **{key: value for part in parts for key, value in part.items()}}


def start(name: str, colour: str, command: tuple[str, ...]) -> None:
    with (FOLDER / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=read_environment(colour),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (FOLDER / f"{name}.pid").write_text(str(process.pid))


def stop(name: str) -> None:
    """End a program as a container engine does: SIGTERM, time to finish, SIGKILL."""
    file = FOLDER / f"{name}.pid"
    if not file.exists():
        return
    pid = int(file.read_text())
    send_signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while is_running(pid):
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            raise SystemExit(f"{name} did not end within {GRACE_SECONDS} s")
        time.sleep(0.1)
    file.unlink()


def send_signal(pid: int, number: signal.Signals) -> None:
    """To the first process of a container only."""
    if is_running(pid):
        os.kill(pid, number)


def is_running(pid: int) -> bool:
    """Say whether a process lives; one that ended and was not yet collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


if __name__ == "__main__":
    main(*sys.argv[1:3])
