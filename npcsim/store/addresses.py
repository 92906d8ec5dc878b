"""How a run in a database server is named: the server's URL, `#`, and the run's name or number.

`store:NAME` is the run NAME of the server whose URL stands in `NPCSIM_STORE`: so a password stands
on no command line, and in nothing that is printed or kept.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from npcsim.errors import StoreError

VARIABLE = "NPCSIM_STORE"
STORE = "store:"
SCHEMA = "npcsim"
"""The PostgreSQL schema that tables lie in, unless a URL says `?schema=NAME`."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A server, and a run in it where `run` names one.

    `path` opens it again, and may hold a password; `shown` is the same for people.
    """

    url: sa.URL
    schema: str
    run: str
    path: str
    shown: str

    def of(self, run: str) -> tuple[str, str]:
        """A run of this server: what opens it, and the same for people."""
        mark = "" if self.path == STORE else "#"
        return f"{self.path}{mark}{run}", f"{self.shown}{mark}{run}"

    @property
    def whole(self) -> str:
        """The address for people, with its run if it has one."""
        return self.of(self.run)[1] if self.run else self.shown


def is_address(where: Path | str) -> bool:
    """Whether it names a server, or a run in one, rather than a file or folder."""
    return isinstance(where, str) and ("://" in where or where.startswith(STORE))


def place(where: Path | str) -> Path | str:
    """Where runs are put: a folder, or a server's address as it was given."""
    return where if is_address(where) else Path(where)


def address(text: str) -> Address:
    """Read an address. Raises `StoreError`, without its password, for what is none."""
    if text.startswith(STORE):
        given = os.environ.get(VARIABLE, "")
        if not given:
            raise StoreError(
                f"{STORE} is the database server whose URL stands in {VARIABLE}, which is not set"
            )
        return _read(given, text.removeprefix(STORE), STORE)
    url, _, run = text.partition("#")
    return _read(url, run, None)


def shown(text: str) -> str:
    """An address as people may see it; never raises."""
    try:
        return address(text).whole
    except StoreError:
        return text if text.startswith(STORE) else _stripped(text)


def _read(given: str, run: str, path: str | None) -> Address:
    try:
        url = sa.make_url(given)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(f"{_stripped(given)} is not the URL of a database server") from None
    backend, _, driver = url.drivername.partition("+")
    if backend == "sqlite":
        raise StoreError("a SQLite run is named by its folder or its run.db, not by a URL")
    if backend not in ("postgresql", "postgres"):
        raise StoreError(
            f"{_stripped(given)}: runs are kept in SQLite files or in PostgreSQL, as in "
            "postgresql+psycopg://user@host/database"
        )
    if driver not in ("", "psycopg"):
        raise StoreError(f"{_stripped(given)}: PostgreSQL is spoken to by postgresql+psycopg://")
    if "@" in (url.host or ""):
        # Else a part of the password would be taken for the host's name, and be told.
        raise StoreError(f"{_stripped(given)}: an @ in a password is written as %40")
    query = dict(url.query)
    if isinstance(secret := query.pop("password", None), str) and url.password is None:
        url = url.set(password=secret)
    name = query.get("schema", SCHEMA)
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise StoreError("`schema` in a URL is one name of small letters, digits and _")
    url = url.set(drivername="postgresql+psycopg", query=query)
    told = url.render_as_string(hide_password=True)
    if url.password == _HIDDEN:
        url = _known(url)
    bare = url.difference_update_query(["schema"])
    opens = path or url.render_as_string(hide_password=False)
    return Address(bare, name, run, opens, path or told)


def _known(url: sa.URL) -> sa.URL:
    """An address as it was printed, with the password of the same one in the environment."""
    try:
        own = sa.make_url(os.environ.get(VARIABLE, ""))
    except (sa.exc.ArgumentError, ValueError):
        return url
    same = ("username", "host", "port", "database")
    if all(getattr(own, part) == getattr(url, part) for part in same):
        return url.set(password=str(own.password or ""))
    return url


def _stripped(text: str) -> str:
    """What of a broken URL can't hold a password."""
    head, sign, _ = text.partition("://")
    return f"{head}{sign}..." if sign else "what was given"
