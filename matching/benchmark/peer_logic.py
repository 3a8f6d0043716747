"""The peer, run by the Python of its own environment: OpenSanctions nomenklatura, algorithm logic-v2.

Reads lines of ``[[left, right, kind], …]`` as JSON on standard input and answers each with scores and the
processor time taken, after a first answer on its start. Imports nothing of this project, whose packages its
environment does not have.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

_IMPORT_START = time.perf_counter()

from followthemoney import EntityProxy  # noqa: E402
from nomenklatura.matching import get_algorithm  # noqa: E402
from nomenklatura.matching.types import ScoringConfig  # noqa: E402

_IMPORT_SECONDS = time.perf_counter() - _IMPORT_START


def _build_entity(id_: str, name: str, kind: str) -> EntityProxy:
    schema = "Person" if kind == "individual" else "Organization"
    return EntityProxy.from_dict({"id": id_, "schema": schema, "properties": {"name": [name]}})


def main() -> None:
    """Score every pair; every entity has its own id, because the algorithm caches entities by id."""
    algorithm, config = get_algorithm("logic-v2"), ScoringConfig.defaults()
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    _answer({"import": _IMPORT_SECONDS, "import_memory_kib": memory})
    numbers = count()
    for line in sys.stdin:
        pairs = json.loads(line)
        started = time.process_time()
        scores = [
            algorithm.compare(
                _build_entity(f"a{at}", left, kind), _build_entity(f"b{at}", right, kind), config
            ).score
            for at, (left, right, kind) in zip(numbers, pairs, strict=False)
        ]
        _answer({"scores": scores, "seconds": time.process_time() - started})


def _answer(measured: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
