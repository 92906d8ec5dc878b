"""A sweep's folder: a file for each run that is over. The files are all there is to know."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from npcsim.errors import StoreError
from npcsim.experiments.plan import Planned

DONE, FAILED, HELD, SPARED = "done", "failed", "held", "spared"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one run. `reason` says why it failed or was held back; `run` is its
    folder, or its address in a server.

    state: done; failed; held, where it was not begun: the budget would not have sufficed; or
    spared, where what was asked is settled without it.
    """

    id: str
    cell: Mapping[str, str]
    seed: int
    mind_seed: int | None
    state: str
    reason: str = ""
    run: str = ""
    hash: str = ""
    ticks: int = 0
    usd: float = 0.0
    wall_s: float = 0.0
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def pair(self) -> tuple[int, int]:
        """World and mind seed: what runs of other cells are compared by."""
        return (self.seed, self.seed if self.mind_seed is None else self.mind_seed)


def row_of(planned: Planned, state: str, **what: Any) -> Row:
    """The row of a planned run."""
    return Row(planned.id, planned.cell, planned.seed, planned.mind_seed, state, **what)


@dataclass(frozen=True, slots=True)
class Book:
    """`rows/ID.json` for each run that is over, `runs/ID/` for its log, `surveys/ID.json` for what
    was asked afterwards.

    A row appears whole or not at all, and after its run's log is whole. So a sweep that is killed
    at any moment goes on by reading what is there.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def survey(self, id: str) -> Path:
        """Where the answers of a run's survey lie."""
        return self.folder / "surveys" / f"{id}.json"

    def row(self, id: str) -> Row | None:
        """What became of a run; None where it is not over. Raises StoreError."""
        file = self.folder / "rows" / f"{id}.json"
        try:
            return Row(**json.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"{file} can't be read: {error}; remove it to have it again") from None

    def rows(self) -> Iterator[Row]:
        """All there are, in no order that means anything. Raises StoreError."""
        for file in sorted((self.folder / "rows").glob("*.json")):
            row = self.row(file.stem)
            if row is not None:
                yield row

    def put(self, row: Row) -> None:
        """Note what became of a run. Raises StoreError."""
        self.write(f"rows/{row.id}.json", json.dumps(asdict(row), ensure_ascii=False, indent=1))

    def plan(self, ids: Sequence[str]) -> None:
        """Note which runs the design asks for now; rows of earlier ones may lie here too."""
        self.write("plan.json", json.dumps(list(ids)))

    def planned(self) -> list[str]:
        """The ids noted last. Raises StoreError."""
        try:
            return list(json.loads((self.folder / "plan.json").read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.folder / 'plan.json'} can't be read: {error}") from None

    def forget(self, state: str, remove: Callable[[str], object]) -> None:
        """Take out every row of a state; `remove` takes its log away. Raises StoreError."""
        for row in list(self.rows()):
            if row.state == state:
                remove(row.id)
                (self.folder / "rows" / f"{row.id}.json").unlink(missing_ok=True)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, whole or not at all, past a loss of power. StoreError."""
        file = self.folder / name
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            part.replace(file)
        except OSError as error:
            raise StoreError(f"can't write {file}: {error.strerror}") from error
