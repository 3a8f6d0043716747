"""A constant load of comparisons, a program of its own: it writes one line a request until it is stopped."""

import http.client
import json
import random
import signal
import sys
import threading
import time
from pathlib import Path

WORDS = ("Heron", "Crane", "Marlow", "Penrose", "Kestrel", "Aurora", "Bellamy", "Quill", "Delmar", "Tessera")
FORMS = ("Ltd", "Limited", "Inc", "LLC", "GmbH", "Corp")

stopping = threading.Event()


def main() -> None:
    """Arguments: port, API key, file of results, clients at once, seconds between a client's requests."""
    port, key, results, clients, pause = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    lock = threading.Lock()
    with Path(results).open("w", encoding="ascii") as file:

        def note(line: str) -> None:
            with lock:
                file.write(line)
                file.flush()

        threads = [
            threading.Thread(target=client, args=(int(port), key, seed, float(pause), note))
            for seed in range(int(clients))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def client(port: int, key: str, seed: int, pause: float, note: "object") -> None:
    """Ask until stopped, on one connection that is kept."""
    draw = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    while not stopping.is_set():
        body = json.dumps({"name1": name(draw), "name2": name(draw)})
        began = time.perf_counter()
        try:
            connection.request("POST", "/api/v1/compare", body, headers)
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, http.client.HTTPException):
            status = 0
            connection.close()
        note(f"{status} {time.perf_counter() - began:.6f}\n")  # type: ignore[operator]
        time.sleep(pause)


def name(draw: random.Random) -> str:
    """A name that has not been asked for before, mostly; half of the pairs differ by a letter."""
    word = draw.choice(WORDS)
    letter = draw.choice("aeiou")
    return f"{word}{letter} {draw.choice(WORDS)} {draw.choice(FORMS)}"


if __name__ == "__main__":
    main()
