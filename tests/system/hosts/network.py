"""Hosts on one machine: network namespaces with addresses of their own, joined by cables that can be cut.

Needs root and Linux; the program `ip` is installed where it is missing.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.system.deploy.debian import find_program


class NetworkRefusedError(RuntimeError):
    """This machine makes no network namespaces; the message is one sentence."""


@dataclass(frozen=True)
class Host:
    """A host with one cable, and the core of this machine that is its own where times are measured."""

    name: str
    address: str
    core: int

    def enter(self, *command: str) -> list[str]:
        """Return the command that runs a program on this host."""
        return [find_program("ip", "iproute2"), "netns", "exec", self.name, *command]

    def cut_cable(self) -> None:
        run("-n", self.name, "link", "set", "eth0", "down")


def run(*arguments: str) -> None:
    """Run `ip`. Raises :class:`NetworkRefusedError`."""
    done = subprocess.run(
        [find_program("ip", "iproute2"), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.splitlines() or ["no reason given"])[0]
        raise NetworkRefusedError(
            f"Two hosts need network namespaces, which this machine refuses ({said}): run as root."
        )


@contextmanager
def connect_hosts(count: int) -> Iterator[tuple[str, list[Host]]]:
    """Yield the address of this side and hosts that reach it and nothing else."""
    mark = os.getpid()
    bridge, network = f"lnb{mark}", f"10.213.{mark % 250}"
    cores = sorted(os.sched_getaffinity(0))
    hosts = [
        Host(f"lnh{mark}-{number}", f"{network}.{number + 2}", cores[number % len(cores)])
        for number in range(count)
    ]
    try:
        run("link", "add", bridge, "type", "bridge")
        run("addr", "add", f"{network}.1/24", "dev", bridge)
        run("link", "set", bridge, "up")
        for number, host in enumerate(hosts):
            connect(host, f"lnv{mark}-{number}", bridge)
        yield f"{network}.1", hosts
    finally:
        for name in (["netns", "del", host.name] for host in hosts):
            subprocess.run([find_program("ip", "iproute2"), *name], check=False, capture_output=True)
        subprocess.run(
            [find_program("ip", "iproute2"), "link", "del", bridge], check=False, capture_output=True
        )


def connect(host: Host, cable: str, bridge: str) -> None:
    run("netns", "add", host.name)
    run("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    run("link", "set", cable, "master", bridge, "up")
    run("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
    run("-n", host.name, "link", "set", "eth0", "up")
    run("-n", host.name, "link", "set", "lo", "up")
