"""Static files come from whichever colour has them: the end of a colour loses none."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from config.local.ports import HOST, find_free_port
from tests.system.background import run_beside
from tests.system.deploy.edge import Edge, running, send
from tests.system.deploy.fleet import wait_until

CLIENTS = 8
ROUNDS = 4
FILES = 300


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


class Colours:
    """A server of each colour's files. It ends as gunicorn does: what it has accepted is answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"blue": find_free_port(), "green": find_free_port()}
        self._servers: dict[str, ThreadingHTTPServer] = {}
        for colour in self.ports:
            files = folder / colour / "static"
            files.mkdir(parents=True)
            for name in ("both", colour):
                (files / f"{name}.css").write_text(f"/* {name} */")
            (folder / colour / "health").touch()

    def start(self, colour: str) -> None:
        handler = partial(QuietHandler, directory=str(self.folder / colour))
        self._servers[colour] = ThreadingHTTPServer((HOST, self.ports[colour]), handler)
        threading.Thread(target=self._servers[colour].serve_forever, daemon=True).start()

    def end(self, colour: str) -> None:
        server = self._servers.pop(colour)
        server.shutdown()
        server.server_close()

    def end_all(self) -> None:
        for colour in list(self._servers):
            self.end(colour)


class Readers:
    """Clients that fetch a file of both colours again and again, and count what they got."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.statuses: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def read_files(self) -> Iterator[None]:
        with run_beside(self._read, CLIENTS):
            yield

    def fetch_more(self, number: int) -> None:
        """Wait until so many files more were fetched."""
        total = self.statuses.total() + number
        wait_until(lambda: self.statuses.total() >= total)

    def _read(self, over: threading.Event) -> None:
        connection = self.edge.connect()
        while not over.is_set():
            answer = send(connection, "GET", "/static/both.css")
            with self._lock:
                self.statuses[answer.status] += 1
        connection.close()


@pytest.fixture
def colours(tmp_path: Path) -> Iterator[Colours]:
    colours = Colours(tmp_path)
    colours.start("blue")
    yield colours
    colours.end_all()


def test_the_end_of_a_colour_loses_no_file(colours: Colours, tmp_path: Path) -> None:
    edge = Edge(tmp_path / "gateway" / "of" / "edge", colours.ports)
    with running(edge):
        wait_until(lambda: has_file(edge, "blue"))
        readers = Readers(edge)
        with readers.read_files():
            for _ in range(ROUNDS):
                colours.start("green")
                wait_until(lambda: has_file(edge, "green"))
                readers.fetch_more(FILES)
                colours.end("green")
                readers.fetch_more(FILES)
                wait_until(lambda: not has_file(edge, "green"))
    assert set(readers.statuses) == {200}, readers.statuses


def has_file(edge: Edge, colour: str) -> bool:
    """Say whether a file that only this colour has is found."""
    return edge.ask("GET", f"/static/{colour}.css").status == 200
