"""The first rows of a file, the columns that look like the two names, and how long a job will take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from matching.jobs.formats.csv_files import number_column
from matching.jobs.formats.language import show_file_error
from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.rows import NameColumns, check_header
from matching.jobs.uploads.drafts import SAMPLE_ROWS, open_draft
from matching.models import BatchJob, FileFormat, JobDraft
from modelops.models import RunStatus

MAX_CHECKED_ROWS = 200
"""Rows that are checked for faults before a job starts."""

MAX_FAULTS = 3
_ASSUMED_RATE = 1_500.0
"""Rows a second of an installation that has not finished a job yet (docs/benchmarks.md)."""

_JOBS_OF_RATE = 10
_SIDES = (
    {"1", "a", "one", "first", "left", "source", "old"},
    {"2", "b", "two", "second", "right", "target", "new"},
)
"""Words of a title that tell name A from name B."""

_SUBJECTS = {
    "name",
    "names",
    "party",
    "entity",
    "company",
    "organisation",
    "organization",
    "legal",
    "document",
}
_OTHERS = {"id", "no", "nr", "number", "row", "of", "in", "register", "registered", "country", "jurisdiction"}
_OTHERS |= {"date", "note", "notes", "type", "kind", "reference", "ref", "matter"}
_TITLE_WORDS = _SUBJECTS | _OTHERS | _SIDES[0] | _SIDES[1]
"""Words of which titles are made; a row with any other word may be a pair of names."""

_WORD = re.compile(r"[^\W\d_]+|\d+")
_NOT_A_NAME = re.compile(r"[\d\s.,:/+()-]*|[^\s@]+@\S+|https?://\S+|[A-Z]{2,3}")
"""Numbers, dates, e-mail addresses, web addresses, codes of countries."""


class Fault(NamedTuple):
    """A row that cannot be compared, by its number below the titles, and why, in the language of the page."""

    row: int
    sentence: str


class Preview(NamedTuple):
    """The columns of a file with the guess which hold the names, and its first rows."""

    columns: list[str]
    rows: list[list[str]]
    guess: NameColumns
    has_titles: bool
    may_lack_titles: bool


class Estimate(NamedTuple):
    """Rows of a file, ``None`` where only reading it tells, and the seconds that they take."""

    rows: int | None
    seconds: int | None


def build_preview(draft: JobDraft, has_titles: bool | None = None) -> Preview:
    """Return the first rows of a draft; ``has_titles`` overrules the guess. Raises ``FileError``."""
    with open_draft(draft) as file:
        sample = FORMATS[draft.format].read_sample(file, SAMPLE_ROWS)
    may_lack_titles = draft.format == FileFormat.CSV
    first = sample[0]
    titled = not may_lack_titles or (looks_like_titles(first) if has_titles is None else has_titles)
    columns = first if titled else [number_column(place) for place in range(len(first))]
    rows = sample[1:] if titled else sample
    return Preview(columns, rows, guess_columns(columns, rows), titled, may_lack_titles)


def looks_like_titles(cells: Sequence[str]) -> bool:
    """Return whether a first row names columns rather than parties."""
    titles = [_read_words(cell) for cell in cells if cell.strip()]
    return bool(titles) and all(words and words <= _TITLE_WORDS for words in titles)


def guess_columns(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> NameColumns:
    """Return the columns that look like name A and name B, by their titles, then by what stands in them."""
    places = {name: place for place, name in reversed(list(enumerate(columns))) if name.strip()}
    titled = [next((name for name in columns if _is_title_of(name, side)), "") for side in (0, 1)]
    if all(titled):
        return titled[0], titled[1]
    by_content = sorted(places, key=lambda name: (-_count_names(rows, places[name]), places[name]))
    chosen = [name for name in titled if name] + [name for name in by_content if name not in titled]
    first, second = sorted((chosen * 2)[:2], key=lambda name: places.get(name, 0))
    return first, second


def _is_title_of(title: str, side: int) -> bool:
    words = _read_words(title)
    subjects, sides = words & _SUBJECTS, words & _SIDES[side]
    is_clear = bool(subjects) or words <= {"left", "right", "source", "target"}
    return words <= _TITLE_WORDS and bool(sides) and is_clear


def _read_words(title: str) -> set[str]:
    return set(_WORD.findall(title.lower()))


def find_faults(draft: JobDraft, columns: NameColumns) -> list[Fault]:
    """Return the first rows that cannot be compared, of those that are checked. Raises ``FileError``."""
    reader = FORMATS[draft.format]
    with open_draft(draft) as file:
        layout = reader.read_layout(file, columns)
    with open_draft(draft) as file:
        rows = enumerate(islice(reader.read_rows(file, layout), MAX_CHECKED_ROWS), 1)
        faults = (Fault(number, show_file_error(row.error)) for number, row in rows if row.error)
        return list(islice(faults, MAX_FAULTS))


def check_columns(preview: Preview, columns: NameColumns) -> None:
    """Raise ``FileError`` for columns that a job could not use."""
    check_header(preview.columns, columns)


def estimate(draft: JobDraft, has_titles: bool) -> Estimate:
    """Return how many rows a draft has and how long they take at the rate of the latest jobs."""
    if draft.format == FileFormat.XLSX:
        return Estimate(None, None)
    titles = 1 if has_titles and draft.format == FileFormat.CSV else 0
    rows = max(0, draft.line_count - titles)
    return Estimate(rows, max(1, round((rows + _count_waiting_rows()) / _measure_rate())))


def _measure_rate() -> float:
    """Return rows a second over the latest jobs of the installation."""
    rows: float = 0.0
    seconds = 0.0
    for job in (
        BatchJob.objects.filter(status=RunStatus.SUCCEEDED).for_listing().order_by("-id")[:_JOBS_OF_RATE]
    ):
        if job.started_at and job.finished_at and job.rows_total:
            rows += job.rows_total
            seconds += (job.finished_at - job.started_at).total_seconds()
    return rows / seconds if rows >= _ASSUMED_RATE and seconds else _ASSUMED_RATE


def _count_waiting_rows() -> int:
    """Return the rows of other jobs that are not compared yet."""
    unfinished = BatchJob.objects.unfinished().values_list("rows_total", "rows_done")
    return sum((total or 0) - done for total, done in unfinished if total)


def _count_names(rows: Sequence[Sequence[str]], place: int) -> float:
    """Return how much a column looks like names: letters, no numbers or codes, more than one word."""
    cells = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
    names = [cell for cell in cells if not _NOT_A_NAME.fullmatch(cell)]
    return sum(1.0 + (0.5 if " " in name else 0.0) for name in names) - (len(cells) - len(names))
