"""Answers of one survey as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from npcsim.errors import StoreError
from npcsim.experiments.surveys.answers import COLUMNS, Answer


def write_csv(file: Path, answers: Iterable[Answer]) -> None:
    """One row for each answer that was possible, see `COLUMNS`. Raises StoreError."""
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow([column.name for column in COLUMNS])
            for one in answers:
                writer.writerows(one.rows())
    except OSError as error:
        raise StoreError(f"can't write {file}: {error.strerror}") from error
