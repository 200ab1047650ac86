"""A Postgres server for tests and benchmarks: made anew in a temporary folder, gone with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, Any

import psycopg

USER, PASSWORD = "vox", "a-very-secret-password"

#: Where Debian and its relatives put what is not on the path.
_FOLDERS = "/usr/lib/postgresql/*/bin"

#: Seconds that the server may take to end on a machine that is busy.
PATIENCE = 60


class NoPostgres(Exception):
    """Postgres is not installed here."""


class Postgres:
    """A server in ``folder``, made by ``running_postgres``."""

    def __init__(self, binaries: Path, folder: Path, identity: dict[str, Any]) -> None:
        self._command = [f"{binaries}/postgres", "-D", f"{folder}/data", "-h", "127.0.0.1"]
        # Nothing here needs to outlive a power cut.
        self._command += ["-c", "unix_socket_directories=", "-c", "fsync=off"]
        self._identity = identity
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*self._command, "-p", str(self._port)]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", **self._identity
        )
        self._process = process
        assert process.stderr is not None
        _wait_until_ready(process.stderr)

    def stop(self) -> None:
        """End it now, in good order: its connections break."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
            self._process = None

    def url(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self._port}/{database}"

    def new_database(self, options: str = "") -> str:
        """Make an empty database, with ``options`` of CREATE DATABASE; its address."""
        name = f"vox_{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        return self.url(name)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Make and start a server; end it in the end. Raises NoPostgres."""
    binaries = _binaries()
    with tempfile.TemporaryDirectory(prefix="vox-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        identity = _identity(folder)
        _initialize(binaries, folder, identity)
        server = Postgres(binaries, folder, identity)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _binaries() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/").glob(_FOLDERS[1:]))
    if not folders:
        raise NoPostgres("Postgres is not installed (Debian: apt-get install postgresql)")
    return folders[-1]


def _identity(folder: Path) -> dict[str, Any]:
    """As whom to run the server, which refuses to be root's: as the user that its package made."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres"}


def _initialize(binaries: Path, folder: Path, identity: dict[str, Any]) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    command = [f"{binaries}/initdb", "-D", f"{folder}/data", "-U", USER, f"--pwfile={password}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", **identity)
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(stderr: IO[bytes]) -> None:
    """Read what the server says until it is ready, and have the rest read, so that it never waits."""
    said = []
    for line in stderr:
        said.append(line.decode(errors="replace"))
        if b"database system is ready to accept connections" in line:
            Thread(target=stderr.read, daemon=True).start()
            return
    raise AssertionError("Postgres did not start: " + "".join(said))
