"""Workbooks of labelled pairs, read like those of bulk jobs: by a limited process of its own."""

from __future__ import annotations

import io
from itertools import islice
from typing import Any

from import_export.formats import base_formats
from tablib import Dataset

from feedback.transfer.label_import import MAX_ROWS
from matching.jobs.formats.workbooks import HEADER_SECONDS, read_workbook


class XLSX(base_formats.XLSX):  # type: ignore[misc]  # the package ships no types
    """XLSX files of django-import-export."""

    def create_dataset(self, in_stream: Any) -> Dataset:
        """Return the first sheet as text, one row more than may be imported at most.

        Raises :class:`~matching.jobs.formats.rows.FileError`.
        """
        rows = read_workbook(io.BufferedReader(io.BytesIO(in_stream)), HEADER_SECONDS)
        header = next(rows, None) or []
        filled = (cells or [] for cells in rows)
        table = [(cells + [""] * len(header))[: len(header)] for cells in islice(filled, MAX_ROWS + 1)]
        rows.close()
        return Dataset(*table, headers=header)
