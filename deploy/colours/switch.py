"""`deploy/bin/switch green|blue|next|back|status`: the next version answers, or the previous one still does.

Environment: HAPROXY_SOCKET and LIVE_MAP (where HAProxy is), COLOUR_COMMAND (how a colour is started here),
SWITCH_READY_SECONDS, SWITCH_WATCH_SECONDS, SWITCH_DRAIN_SECONDS (limits of the three waits).
"""

import argparse
import fcntl
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.colours.balancer import COLOURS, Balancer, BalancerError

ROOT = Path(__file__).resolve().parents[2]
STEP_SECONDS = 0.1
STEADY_SECONDS = 5.0
"""More than two checks of HAProxy (`inter 2s`)."""
TOLERATED_ERRORS = 5
TOLERATED_SHARE = 0.01


class SwitchError(RuntimeError):
    """The switch did not happen or was taken back; the message says what answers now."""


@dataclass(frozen=True)
class Limits:
    """Seconds to wait until a colour is ready, to watch it afterwards, to let the other finish."""

    ready: float
    watch: float
    drain: float


class Programs:
    """The programs of each colour, started and stopped by a command of the machine (`deploy/bin/colour`)."""

    def __init__(self, command: list[str]) -> None:
        self._command = command

    def run(self, action: str, colour: str) -> None:
        """Run an action: prepare, start, stop or background. Raises :class:`SwitchError`."""
        done = subprocess.run([*self._command, action, colour], cwd=ROOT, check=False)
        if done.returncode:
            raise SwitchError(f"{action} {colour} failed with exit code {done.returncode}")


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="deploy/bin/switch", description=__doc__)
    parser.add_argument("target", choices=[*COLOURS, "next", "back", "status"])
    target = parser.parse_args(arguments).target
    balancer = Balancer(
        os.environ.get("HAPROXY_SOCKET", "deploy/edge/run/haproxy.sock"),
        Path(os.environ.get("LIVE_MAP", "deploy/edge/run/live.map")),
    )
    programs = Programs(shlex.split(os.environ.get("COLOUR_COMMAND", "deploy/bin/colour")))
    try:
        if target == "status":
            _print_status(balancer)
            return 0
        with _hold_lock(balancer.map_file.with_suffix(".lock")):
            switch(target, balancer, programs, _read_limits())
    except (SwitchError, BalancerError) as error:
        print(f"deploy/bin/switch: {error}", file=sys.stderr)
        return 1
    return 0


def switch(target: str, balancer: Balancer, programs: Programs, limits: Limits) -> None:
    """Make a colour live and stop the other. `next` is the idle one; so is `back`, which migrates nothing.

    Raises :class:`SwitchError` when the old colour answers still, or again, because the new one did not.
    """
    old = balancer.get_live()
    new = _get_other(old) if target in {"next", "back"} else target
    if new == old:
        raise SwitchError(f"{new} is live already")
    try:
        if target != "back":
            _run_step(programs, "prepare", new)
        _run_step(programs, "start", new)
        _wait_until_ready(balancer, new, limits.ready)
        errors = balancer.read_backend(new)
        _switch_to(balancer, new)
        _watch(balancer, new, errors.answers, errors.errors, limits.watch)
    except (SwitchError, BalancerError) as error:
        _return_to(old, new, balancer, programs)
        raise SwitchError(f"{error}; {old} answers") from error
    _drain(balancer, old, limits.drain)
    _run_step(programs, "background", new)
    _run_step(programs, "stop", old)


def _return_to(old: str, new: str, balancer: Balancer, programs: Programs) -> None:
    if balancer.get_live() != old:
        _switch_to(balancer, old)
    _run_step(programs, "stop", new)


def _switch_to(balancer: Balancer, colour: str) -> None:
    balancer.set_live(colour)
    _say(f"{colour} is live")


def _wait_until_ready(balancer: Balancer, colour: str, seconds: float) -> None:
    """Wait until every server of a colour that exists passes its checks for some seconds, and there is one.

    A server that came back may still show the last check that it passed before it was stopped.
    """
    since = time.monotonic()

    def is_ready() -> bool:
        nonlocal since
        backend = balancer.read_backend(colour)
        if not (backend.ready > 0 and backend.failing == 0):
            since = time.monotonic()
        return time.monotonic() - since >= STEADY_SECONDS

    took = _wait(is_ready, seconds)
    if took is None:
        raise SwitchError(f"{colour} was not ready within {seconds:g} s")
    _say(f"{colour} is ready after {took:.1f} s")


def _watch(balancer: Balancer, colour: str, answers: int, errors: int, seconds: float) -> None:
    """Give the new colour some seconds of real traffic. Raises :class:`SwitchError` when it fails them."""

    def has_failed() -> bool:
        backend = balancer.read_backend(colour)
        failed = backend.errors - errors
        is_failing = failed >= max(TOLERATED_ERRORS, TOLERATED_SHARE * (backend.answers - answers))
        return backend.ready == 0 or is_failing

    if _wait(has_failed, seconds) is not None:
        raise SwitchError(f"{colour} failed under traffic")


def _drain(balancer: Balancer, colour: str, seconds: float) -> None:
    took = _wait(lambda: balancer.read_backend(colour).current == 0, seconds)
    if took is None:
        _say(f"{colour} still has requests in hand after {seconds:g} s; stopping it lets them finish")
    else:
        _say(f"{colour} is drained after {took * 1000:.0f} ms")


def _wait(condition: Callable[[], bool], seconds: float) -> float | None:
    """Return the seconds it took until the condition held, or None when it never did."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            return None
        time.sleep(STEP_SECONDS)
    return time.monotonic() - started


def _run_step(programs: Programs, action: str, colour: str) -> None:
    started = time.monotonic()
    programs.run(action, colour)
    _say(f"{action} {colour}: {time.monotonic() - started:.1f} s")


def _print_status(balancer: Balancer) -> None:
    live = balancer.get_live()
    for colour in COLOURS:
        backend = balancer.read_backend(colour)
        mark = "live" if colour == live else "idle"
        print(
            f"{colour:6}{mark:6}{backend.ready} ready, {backend.failing} failing, {backend.current} in hand"
        )


def _get_other(colour: str) -> str:
    return COLOURS[1 - COLOURS.index(colour)]


def _read_limits() -> Limits:
    waits = {"ready": "120", "watch": "10", "drain": "60"}
    return Limits(
        **{
            name: float(os.environ.get(f"SWITCH_{name.upper()}_SECONDS", default))
            for name, default in waits.items()
        }
    )


@contextmanager
def _hold_lock(path: Path) -> Iterator[None]:
    """One switch at a time."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SwitchError("another switch is under way") from None
        yield


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
