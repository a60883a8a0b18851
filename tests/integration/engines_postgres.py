"""Debian's PostgreSQL for tests: on a free loopback port, with data of its own, and always stopped.

`with postgres(folder) as engine:`; `engine.url` is the SQLAlchemy address of its database, `engine.database(name)`
makes another one that is empty. `stop` and `start` may be called in between, `kill` ends it without a goodbye and
`freeze` lets it hang; port and data stay.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL

from tests.integration.engines import POLL_S, STOP_TIMEOUT_S, free_port, until

READY_TIMEOUT_S = 30.0
USER, PASSWORD = "nightbelt", "for tests: @/%"
"""The password has what an address must escape."""

_PLACE = Path("/usr/lib/postgresql")
_ACCOUNT = "postgres"
"""Whose process it is when the tests run as root: PostgreSQL refuses to be root's."""
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 32MB
"""


def postgres_program(name: str) -> str:
    """A program of the newest PostgreSQL here. A missing one fails under CI=true and skips elsewhere."""
    found = sorted(_PLACE.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if found:
        return str(found[-1])
    if os.environ.get("CI") == "true":
        pytest.fail("postgresql is not installed")
    pytest.skip("postgresql is not installed")


class Postgres:
    """A PostgreSQL process over `home`; `user` may do everything in it."""

    def __init__(self, home: Path, log: Path) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.user = USER
        self.password = PASSWORD
        self.log = log
        self._home = home
        self._data = home / "data"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the database that is there from the start."""
        return self.url_of(self.user)

    def url_of(self, database: str, *, password: bool = True) -> str:
        url = URL.create(
            "postgresql+psycopg",
            username=self.user,
            password=self.password if password else None,
            host=self.host,
            port=self.port,
            database=database,
        )
        return url.render_as_string(hide_password=False)

    def database(self, name: str) -> str:
        """The address of a database `name` that is new and empty."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.run(f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    def run(self, statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """One statement outside of any transaction; the rows it gives, if it gives any."""
        with self._connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def initialise(self) -> None:
        """Make the files of the cluster."""
        secret = self._home / "password"
        secret.write_text(self.password)
        command = [postgres_program("initdb"), "-D", str(self._data), "-U", self.user, f"--pwfile={secret}"]
        language = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]  # sorts as people do
        options = ["--auth=scram-sha-256", "--encoding=UTF8", *language, "--no-sync"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, **_account())
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{done.stderr[-2000:]}")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(f"{_SETTINGS}port = {self.port}\n")

    def start(self) -> None:
        """Returns when it answers."""
        with self.log.open("ab") as log:
            command = [postgres_program("postgres"), "-D", str(self._data)]
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self._home, **_account()
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError), self._connect("postgres"):
                return
            time.sleep(POLL_S)
        self.kill()
        raise RuntimeError(f"postgres did not start:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Its fast shutdown: clients are cut off and what they had not committed is undone."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """kill -9 of all its processes: the next start recovers from the log of the database."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGSTOP)  # no new child between the look and the kill
        children = _children_of(process.pid)
        _signal([process.pid, *children], signal.SIGKILL)
        process.wait()
        until(lambda: not any(_is_running(child) for child in children))

    def freeze(self) -> None:
        """Let it hang: it is there and takes connections, and nothing answers."""
        assert self._process is not None
        _signal([self._process.pid, *_children_of(self._process.pid)], signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        _signal([*_children_of(self._process.pid), self._process.pid], signal.SIGCONT)

    def _connect(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """PostgreSQL with its log in `folder`; synchronous as it comes, so a commit is on the disk."""
    postgres_program("postgres")
    folder.mkdir(parents=True, exist_ok=True)
    with _home() as home:
        engine = Postgres(home, folder / "postgres.log")
        engine.initialise()
        engine.start()
        try:
            engine.run(f"CREATE DATABASE {engine.user}")
            yield engine
        finally:
            engine.stop()


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """A folder that the account of PostgreSQL can reach, which those of pytest are not."""
    home = Path(tempfile.mkdtemp(prefix="nightbelt-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(home, _ACCOUNT, _ACCOUNT)
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _account() -> dict[str, Any]:
    return {"user": _ACCOUNT, "group": _ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}


def _children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _signal(pids: list[int], how: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
