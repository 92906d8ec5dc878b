"""A writer's line to its database, which a server may cut: then it is made anew, and nothing is
written twice.

A commit whose answer was lost may have happened or not. So before anything is written over a new
connection, one looks at what is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from npcsim.errors import OutOfReach
from npcsim.store import database, server
from npcsim.store.addresses import Address

PATIENCE_SECONDS = 60.0
"""How long a server may be away before the writer gives up."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.05, 2.0

Transaction = Callable[[sa.Connection], object]
Asked = Callable[[sa.Connection], bool]


@dataclass(frozen=True, slots=True)
class Held:
    """A run in a server that one has claimed for writing: how to have it back."""

    address: Address
    engine: sa.Engine
    run: int
    shown: str


class Line:
    """The connection, and what it takes to have it again. `held`: None for a file."""

    def __init__(self, connection: sa.Connection, held: Held | None = None) -> None:
        self.connection = connection
        self._held = held
        self._backend = None if held is None else server.backend_of(connection)
        if held is not None:
            connection.commit()  # it only read

    def transact(self, write: Transaction, is_done: Asked) -> None:
        """Write and commit, over a new connection if this one is lost. Raises what goes wrong.

        is_done: whether it has been committed already; raises `OutOfReach` where what is there is
        neither what was there before nor what was to be written.
        """
        try:
            write(self.connection)
            self.connection.commit()
            return
        except sa.exc.DBAPIError as error:
            if self._held is None or not server.lost(error):
                raise
            cause: Exception = error
        for wait in waits(PATIENCE_SECONDS):
            time.sleep(wait)
            try:
                self._connect(self._held)
                if not is_done(self.connection):
                    write(self.connection)
                self.connection.commit()
            except server.Locked as error:
                cause = error
            except sa.exc.DBAPIError as error:
                if not server.lost(error):
                    raise
                cause = error
            else:
                return
        raise OutOfReach(
            f"not to be had again for {PATIENCE_SECONDS:g} s: {database.reason(cause)}"
        ) from cause

    def close(self) -> None:
        """Let go of it, and so of the run."""
        with suppress(sa.exc.SQLAlchemyError):  # what broke it was told before
            self.connection.close()
        self.connection.engine.dispose()

    def _connect(self, held: Held) -> None:
        with suppress(sa.exc.SQLAlchemyError):  # it is lost: nothing to be had of it any more
            self.connection.invalidate()
            self.connection.close()
        self.connection = held.engine.connect()
        if self._backend is not None:
            # A process of the server may still wait for the connection that is gone, with the run
            # claimed: nobody will ever speak to it again.
            server.end(self.connection, self._backend)
            self.connection.commit()
        server.claim(self.connection, held.address.schema, held.run, held.shown)
        self._backend = server.backend_of(self.connection)
        self.connection.commit()


def waits(patience: float) -> Iterator[float]:
    """Seconds to wait before each try, ever longer, until `patience` seconds have gone by."""
    until = time.monotonic() + patience
    wait = FIRST_WAIT_SECONDS
    while (left := until - time.monotonic()) > 0:
        yield min(wait, left)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
