"""The progress bar of a bulk job, on a terminal; nothing elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Never, Self

from tqdm import tqdm

from legal_names_client.generated.models import Job


class ProgressBar:
    """Rows done of all rows, on standard error."""

    def __init__(self, is_shown: bool | None = None) -> None:
        # tqdm: None shows the bar on a terminal only.
        is_hidden = None if is_shown is None else not is_shown
        self._bar: tqdm[Never] = tqdm(unit=" rows", desc="queued", disable=is_hidden)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def show(self, job: Job) -> None:
        """Draw how far the job is."""
        self._bar.total = job.rows_total
        self._bar.desc = f"{job.status}: "
        self._bar.update(job.rows_done - self._bar.n)
        self._bar.refresh()
