"""HAProxy at run time: which colour is live, which servers are ready, how many requests each has in hand."""

import csv
import socket
from dataclasses import dataclass
from pathlib import Path

COLOURS = ("blue", "green")
KEY = "live"
PASSED = "L7OK"
TIMEOUT_SECONDS = 10


class BalancerError(RuntimeError):
    """HAProxy does not answer or refuses a command; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Backend:
    """The web servers of one colour, as HAProxy counts them."""

    ready: int
    """Servers that pass their check."""
    failing: int
    """Servers that exist and do not pass it (yet)."""
    current: int
    """Requests in hand or waiting."""
    answers: int
    """Answers since the start of HAProxy."""
    errors: int
    """Answers of 500 and above, and requests that got none."""


class Balancer:
    """One HAProxy, reached by its administration socket, and the map file that it reads when it starts."""

    def __init__(self, address: str, map_file: Path) -> None:
        self.address = address
        self.map_file = map_file

    def get_live(self) -> str:
        """Return the live colour. Raises :class:`BalancerError`."""
        for line in self._ask(f"show map {self._find_map()}").splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[1] == KEY:
                return fields[2].removeprefix("web-")
        raise BalancerError(f"HAProxy's map {self.map_file.name} names no live colour.")

    def set_live(self, colour: str) -> None:
        """Send every new request to a colour, now and after a restart. Raises :class:`BalancerError`."""
        draft = self.map_file.with_suffix(".new")
        draft.write_text(f"{KEY} web-{colour}\n", encoding="ascii")
        draft.replace(self.map_file)
        if answer := self._ask(f"set map {self._find_map()} {KEY} web-{colour}").strip():
            raise BalancerError(f"HAProxy refused to switch: {answer}")

    def read_backend(self, colour: str) -> Backend:
        """Return what HAProxy counts of a colour. Raises :class:`BalancerError`."""
        text = self._ask("show stat").lstrip("# ")
        rows = [row for row in csv.DictReader(text.splitlines()) if row["pxname"] == f"web-{colour}"]
        total = [row for row in rows if row["svname"] == "BACKEND"]
        if not total:
            raise BalancerError(f"HAProxy has no backend web-{colour}.")
        servers = [row for row in rows if row["svname"] != "BACKEND"]
        count = {name: int(total[0][name] or 0) for name in ("scur", "qcur", "hrsp_5xx", "econ", "eresp")}
        return Backend(
            ready=sum(_has_passed(row) for row in servers),
            failing=sum(row["status"].startswith(("UP", "DOWN")) and not _has_passed(row) for row in servers),
            current=count["scur"] + count["qcur"],
            answers=sum(int(total[0][f"hrsp_{kind}"] or 0) for kind in ("2xx", "3xx", "4xx", "5xx")),
            errors=count["hrsp_5xx"] + count["econ"] + count["eresp"],
        )

    def _find_map(self) -> str:
        for line in self._ask("show map").splitlines():
            number, _, rest = line.partition(" ")
            if number.isdigit() and f"/{self.map_file.name})" in rest:
                return f"#{number}"
        raise BalancerError(f"HAProxy has not read {self.map_file.name}.")

    def _ask(self, command: str) -> str:
        try:
            with self._connect() as connection:
                connection.sendall(f"{command}\n".encode())
                with connection.makefile(encoding="utf-8") as answer:
                    return answer.read()
        except OSError as error:
            raise BalancerError(
                f"HAProxy does not answer at {self.address}: {error.strerror or error}."
            ) from None

    def _connect(self) -> socket.socket:
        host, separator, port = self.address.rpartition(":")
        if separator and port.isdigit():
            return socket.create_connection((host, int(port)), TIMEOUT_SECONDS)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(self.address)
        return connection


def _has_passed(server: dict[str, str]) -> bool:
    """Say whether a server is up because of a check: HAProxy counts one as up that it has just found."""
    return server["status"].startswith("UP") and server["check_status"].removeprefix("* ") == PASSED
