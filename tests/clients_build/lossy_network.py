"""A network between a client and the server that loses what it is told to lose."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from config.local.ports import find_free_port


class LossyNetwork:
    """Passes connections on; of the next ``losses`` answers it passes ``kept`` bytes and hangs up."""

    def __init__(self, port: int) -> None:
        self._server_port, self.port = port, find_free_port()
        self.losses, self.kept = 0, 0
        self._listener = socket.create_server(("127.0.0.1", self.port))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lose(self, answers: int, kept: int = 0) -> None:
        """Lose so many answers, each after so many bytes: the server did what it was asked."""
        self.losses, self.kept = answers, kept

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                outside = socket.create_connection(("127.0.0.1", self._server_port))
                threading.Thread(target=self._pass_requests, args=(inside, outside), daemon=True).start()
                threading.Thread(target=self._pass_answers, args=(outside, inside), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_requests(self, inside: socket.socket, outside: socket.socket) -> None:
        with suppress(OSError):
            while data := inside.recv(65_536):
                outside.sendall(data)
            outside.shutdown(socket.SHUT_WR)

    def _pass_answers(self, outside: socket.socket, inside: socket.socket) -> None:
        with suppress(OSError), inside, outside:
            while data := outside.recv(65_536):
                if self.losses:
                    self.losses -= 1
                    inside.sendall(data[: self.kept])
                    inside.shutdown(socket.SHUT_RDWR)
                    return
                inside.sendall(data)


@contextmanager
def lossy_network(port: int) -> Iterator[LossyNetwork]:
    """A network in front of the server on this port."""
    network = LossyNetwork(port)
    thread = threading.Thread(target=network.serve, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        network.close()
        thread.join()
