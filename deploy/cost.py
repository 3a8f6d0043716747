"""`make cost`: docs/cost.md from measured throughput (docs/benchmarks.md) and prices; change either here.

Figures of benchmarks are copied, with the section that they come from, so that the page changes when somebody
has looked at new ones.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cost.md"
BEGIN, END = "<!-- cost -->\n", "<!-- end of cost -->\n"
VOLUMES = {"10,000": 10_000, "1 million": 1_000_000, "100 million": 100_000_000}

# Measured, with everything on the same two cores: PostgreSQL, Valkey, web processes and the clients.
SINGLE_PER_CORE = 183 / 2  # requests/s, "one comparison a request", uncached
BATCH_PER_CORE = 518 / 2  # pairs/s, "a thousand comparisons a request": one connection, with its database
FILE_PER_CORE = 1_664 / 2  # rows/s, "bulk jobs", one worker with its database
ROW_BYTES = 5_932  # a stored comparison with its indexes; 60,000 in PostgreSQL 18
BACKUP_BYTES = 2_900  # the same in a backup (docs/backup.md)

# Assumed.
FILE_ROW_BYTES = 400  # rows and results of a file, while it is kept
USED_SHARE = 0.5  # of what was measured at saturation: where answers are still quick
PEAK_FACTOR = 10  # the busiest hour beside the average
HOURS, SECONDS = 730, 730 * 3600
MONTHS_KEPT = 12
DAYS_OF_FILES = 7
NIGHTS_KEPT = 7
LEAST_CORES = 4  # the smallest installation of docs/install.md
DATABASE_SHARE = 1 / 3  # of the cores, where the database stands apart

# Prices in US dollars a month, typical list prices of large clouds on demand, without discounts or taxes.
CORE = 35.0  # a virtual core with 4 GB
DATABASE_CORE = 70.0  # the same as a managed PostgreSQL
BLOCK_GB, DATABASE_GB, OBJECT_GB, TRAFFIC_GB = 0.10, 0.115, 0.023, 0.09
BALANCER, CACHE = 25.0, 50.0
ANSWER_BYTES = 3_000

SEED_ESTIMATE = (1_000, 2_200)


@dataclass(frozen=True)
class Need:
    """What a volume needs: cores at the peak, gigabytes of database, backups, files and traffic."""

    cores: int
    database_gb: float
    backup_gb: float
    files_gb: float
    traffic_gb: float


def compute_need(comparisons: int, per_core: float, is_stored: bool) -> Need:
    """Return what so many comparisons a month need; rows of files are not stored in the database."""
    peak = comparisons / SECONDS * PEAK_FACTOR
    cores = max(LEAST_CORES, math.ceil(peak / (per_core * USED_SHARE)))
    stored = comparisons * MONTHS_KEPT if is_stored else 0
    files = 0 if is_stored else comparisons * DAYS_OF_FILES / 30
    return Need(
        cores,
        stored * ROW_BYTES / 1e9,
        stored * BACKUP_BYTES * NIGHTS_KEPT / 1e9,
        files * FILE_ROW_BYTES / 1e9,
        comparisons * ANSWER_BYTES / 1e9,
    )


def price_one_server(need: Need) -> float:
    """Return the price of Compose on one server, with its disk and backups elsewhere."""
    disk = max(50, 1.3 * need.database_gb + need.files_gb)
    return need.cores * CORE + disk * BLOCK_GB + need.backup_gb * OBJECT_GB + need.traffic_gb * TRAFFIC_GB


def price_without_single_point(need: Need) -> float:
    """Return the price where any one machine may fail: programs on two or more, database with a standby."""
    database = max(2, math.ceil(need.cores * DATABASE_SHARE))
    programs = max(4, need.cores - database) + 2  # one machine of two cores more than needed
    disk = max(50, 1.3 * need.database_gb)
    standing = programs * CORE + 2 * (database * DATABASE_CORE + disk * DATABASE_GB) + 2 * CACHE + BALANCER
    moving = (need.backup_gb + need.files_gb) * OBJECT_GB + need.traffic_gb * TRAFFIC_GB
    return standing + moving


CHANNELS = (
    ("one pair a request", SINGLE_PER_CORE, True),
    ("batches of up to 1,000", BATCH_PER_CORE, True),
    ("bulk files", FILE_PER_CORE, False),
)


def build_tables() -> str:
    """Return the computed part of the page."""
    titles = ("comparisons a month", "sent as", "cores at the peak", "database after 12 months")
    installations = ("one server", "without a single point of failure")
    lines = [f"| {' | '.join((*titles, *installations))} |", "|---|---|---|---|---|---|"]
    for volume, comparisons in VOLUMES.items():
        for channel, per_core, is_stored in CHANNELS:
            need = compute_need(comparisons, per_core, is_stored)
            prices = [format_price(price(need)) for price in (price_one_server, price_without_single_point)]
            size = format_size(need.database_gb) if is_stored else "–"
            lines.append(f"| {volume} | {channel} | {need.cores} | {size} | {prices[0]} | {prices[1]} |")
    return "\n".join(lines) + "\n"


def format_price(dollars: float) -> str:
    """Return dollars a month to two digits: more would pretend to a precision that the assumptions lack."""
    digits = len(str(int(dollars))) - 2
    return f"${round(dollars, -max(0, digits)):,.0f}"


def format_size(gigabytes: float) -> str:
    """Return a size in GB, or TB from a thousand on."""
    return f"{gigabytes / 1000:,.1f} TB" if gigabytes >= 1000 else f"{gigabytes:,.1f} GB"


def update_page(text: str) -> str:
    """Return the page with its computed part made anew."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + build_tables() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(update_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE.name}\n")
