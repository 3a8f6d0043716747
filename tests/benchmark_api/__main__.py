"""`make benchmark-api`: measure, show and write the section of docs/benchmarks.md."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmark_api.settings"
os.environ["OMP_NUM_THREADS"] = "1"

_TITLES = {
    "cpu": "processor time of one comparison",
    "single": "one comparison a request",
    "batch": "a thousand comparisons a request",
    "lists": "lists of answers",
    "history": "pages and lists as history grows",
    "reports": "reports of a year",
    "jobs": "bulk jobs",
}
"""Each part has a section of its own on the page, and can be measured by itself."""

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def main() -> int:
    """Measure in servers of its own and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1: a job and a list of a million rows")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(_TITLES))
    parser.add_argument("--dry", action="store_true", help="write nothing")
    options = parser.parse_args()
    home = Path(__file__).resolve().parents[2] / "var" / "benchmark-api"
    os.environ["VAR_DIR"] = str(home)
    for part, lines in _run_parts(options, home):
        text = "\n".join([_shown(line) for line in lines])
        if not options.dry:
            from matching.benchmark.sections import replace_section  # noqa: PLC0415 - Django first

            replace_section(PAGE, f"benchmark-api-{part}", text)
    return 0


def _run_parts(options: argparse.Namespace, home: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """Each part that is wanted, with its lines as they come."""
    from config.local.embedded import EmbeddedServers  # noqa: PLC0415 - after the folder is known

    servers = EmbeddedServers(home)
    with servers.hold():
        os.environ["DATABASE_OWNER_URL"] = servers.postgres.build_url()  # it makes and empties tables
        import django  # noqa: PLC0415 - after the servers are up

        django.setup()
        from tests.benchmark_api import measures, reports, system, working_lists  # noqa: PLC0415 - after Django

        user, client = system.prepare()
        scale = measures.Scale(
            options.seconds,
            options.rounds,
            int(1_000_000 * options.scale),
            max(10_000, int(1_000_000 * options.scale)),
        )
        wanted = options.only.split(",")
        if "cpu" in wanted:  # in this process, with nothing else beside it
            yield "cpu", _section("cpu", 1, measures.processor_time(client, scale))
        with system.web() as port:
            pairs = measures.pairs(30_000)
            parts: dict[str, Callable[[], Iterator[str]]] = {
                "single": lambda: measures.single(port, client, pairs, scale),
                "batch": lambda: measures.batch(port, client, pairs[::-1], scale),
                "lists": lambda: measures.lists(port, user, scale),
                "history": lambda: working_lists.working_lists(port, user),
                "reports": lambda: reports.reports(port, user, scale),
            }
            for part, measure in parts.items():
                if part in wanted:
                    yield part, _section(part, scale.rounds, measure())
        if "jobs" in wanted:
            yield "jobs", _section("jobs", 1, measures.jobs(client, scale))


def _section(part: str, rounds: int, lines: Iterator[str]) -> Iterator[str]:
    yield from _head(part, rounds)
    yield from lines
    yield _load()


_MACHINE = (
    f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; gunicorn with 2",
    "processes of 4 threads, PostgreSQL and Valkey from wheels (durable), and the load generator, all on",
    "the same cores. The yardstick is a Django REST framework view with the same sign-in that inserts one",
    "row and does nothing else. Contestants take short turns; a share is the median of the shares of each",
    "turn, because a shared machine changes its speed by the second. Ratios carry further than figures.",
)


def _head(part: str, rounds: int) -> Iterator[str]:
    yield f"## The API: {_TITLES[part]}\n"
    medians = f"medians of {rounds} rounds" if rounds > 1 else "one run"
    date, mode = datetime.now(UTC).date(), _name_engine()
    yield f"Written by `make benchmark-api` on {date}, {medians}, {mode} engine; do not edit."
    yield from _MACHINE if part == "single" else ()
    yield ""


def _name_engine() -> str:
    """Return which engine runs here, and so in every process that is measured."""
    from matching.engine import EXECUTION  # noqa: PLC0415 - after the variables of the environment

    return EXECUTION


def _load() -> str:
    """Say whether the machine had other work: then contestants that wait for several processes lose most."""
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    judged = "other work was running; run it again on a quiet machine" if busy > 3 * cores else "it was quiet"
    return f"\nLoad of the machine at the end: {busy:.1f} on {cores} cores: {judged}."


def _shown(line: str) -> str:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return line


if __name__ == "__main__":
    sys.exit(main())
