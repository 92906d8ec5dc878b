"""Where the logs of a sweep's runs are kept: in its folder, or all of them in a database server.

What became of each run stands in the sweep's folder either way (`book.py`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from npcsim.errors import StoreError
from npcsim.experiments.book import Book
from npcsim.store import addresses, listing, opening
from npcsim.store.run_store import Run

NOTE = "store.json"
LOCKED_SECONDS = 90.0
"""How long a run whose writer died can be locked: that long a server may need to notice it."""


class Shelf(Protocol):
    """Keeps one log for each planned run, found again by the run's id."""

    def found(self, id: str) -> str | None:
        """What opens the log of a run that was begun; None where there is none. StoreError."""

    def begin(self, id: str) -> tuple[Path | str, str | None]:
        """Where a run is put, and what its name begins with; None: as the scenario is called."""

    def noted(self, path: str) -> str:
        """What the run's row says of where it is: no password."""

    def remove(self, id: str) -> None:
        """Delete a run's log for good, if there is one. Raises StoreError."""

    def check(self) -> None:
        """Raise StoreError where nothing can be kept any more: that is no fault of a run."""


@dataclass(frozen=True, slots=True)
class InFolder:
    """Each run in a folder of its own: `runs/ID/SCENARIO-1`."""

    book: Book

    def found(self, id: str) -> str | None:
        parent = self.book.runs / id
        there = sorted(parent.iterdir()) if parent.is_dir() else []
        return str(there[0]) if there else None

    def begin(self, id: str) -> tuple[Path | str, str | None]:
        return self.book.runs / id, None

    def noted(self, path: str) -> str:
        return str(Path(path).relative_to(self.book.folder))

    def remove(self, id: str) -> None:
        shutil.rmtree(self.book.runs / id, ignore_errors=True)

    def check(self) -> None:
        """Each run tells by itself what is wrong with its file."""


@dataclass(frozen=True, slots=True, repr=False)
class InServer:
    """All in one server, named SWEEP-MARK-ID-1: the mark tells two sweeps of a design apart."""

    url: str
    stem: str

    def _name(self, id: str) -> str:
        return f"{self.stem}-{id}"

    def found(self, id: str) -> str | None:
        return listing.named(self.url, f"{self._name(id)}-1")

    def begin(self, id: str) -> tuple[Path | str, str | None]:
        return self.url, self._name(id)

    def noted(self, path: str) -> str:
        return addresses.shown(path)

    def remove(self, id: str) -> None:
        path = self.found(id)
        if path is not None:
            opening.deleted(path)

    def check(self) -> None:
        self.found("")


def shelf_of(book: Book, store: str | None) -> Shelf:
    """The shelf of a sweep whose folder was `settled`. store: a server's address, or None."""
    return InFolder(book) if store is None else InServer(store, _note(book)["stem"])


def settled(book: Book, store: str | None, name: str) -> str | None:
    """Note where the runs of a sweep go, for good. -> the server's address, None for the folder

    store: as it was given; None takes what was noted when the sweep was begun. name: what the
    sweep is called. Raises StoreError where its runs are somewhere else already.
    """
    if store is not None and (not addresses.is_address(store) or addresses.address(store).run):
        raise StoreError("a sweep's store is the URL of a database server, without a run's name")
    known = _note(book)
    if not known:
        begun = (book.folder / "plan.json").exists()
        if store is None or begun:
            if begun and store is not None:
                raise StoreError(f"the runs of {book.folder} are in that folder; take another one")
            return None
        # Chance may name a sweep: a run's name is in no state hash.
        stem = f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}-{os.urandom(3).hex()}"
        book.write(NOTE, json.dumps({"store": addresses.shown(store), "stem": stem}))
        return store
    if store is not None and _server(store) != _server(known["store"]):
        raise StoreError(f"the runs of {book.folder} are in {known['store']}; take another folder")
    return store or known["store"]


def opened(folder: Path, noted: str) -> Run:
    """A run for reading, by what its row says of where it is. Raises StoreError."""
    return Run.open(noted if addresses.is_address(noted) else folder / noted)


def _server(store: str) -> tuple[object, str]:
    where = addresses.address(store)
    return where.url.set(password=None), where.schema


def _note(book: Book) -> dict[str, str]:
    file = book.folder / NOTE
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{file} can't be read: {error}") from None
