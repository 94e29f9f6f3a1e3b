"""A PostgreSQL of our own, from Debian's package: a folder, a Unix socket, stopped by its pid."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

from typing_extensions import override

from edge.ports import Closeable

NOBODY = "nobody"


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    return found[-1].parent if found else None


def missing() -> str:
    """Why there can be none here; empty when there can."""
    if programs() is None:
        return "PostgreSQL is not installed: make test installs it when root"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed: pip install -r requirements/central.lock"
    return ""


class Postgresql(Closeable):
    """One server with a database for each who asks; it survives a kill, not a power cut."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self._programs = found
        # A short path, as sockets want it, and one that another user can reach.
        self._folder = Path(mkdtemp(prefix="egate-pg-"))
        self._numbers = itertools.count(1)
        self._data = str(self._folder / "data")
        # PostgreSQL refuses to run as root.
        self._user = NOBODY if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self._folder, NOBODY)

    @override
    def __enter__(self) -> Self:
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "egate", "-E", "UTF8")
        self.start()
        return self

    @override
    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-w", "-D", self._data, "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` is as good as a kill: it recovers at the next start."""
        self._run("pg_ctl", "-w", "-D", self._data, "-m", mode, "stop")

    def database(self) -> str:
        """A new database: how to connect to it."""
        name = f"central_{next(self._numbers)}"
        self._run("createdb", "-h", str(self._folder), "-U", "egate", name)
        return f"host={self._folder} user=egate dbname={name}"

    def _run(self, program: str, *arguments: str) -> None:
        # The server inherits its output: what captured that would wait for the server's end.
        with self._folder.with_suffix(".out").open("w+b") as output:
            result = subprocess.run(  # noqa: S603
                [str(self._programs / program), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._user if os.geteuid() == 0 else None,
                group=pwd.getpwnam(self._user).pw_gid if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
                cwd="/",
                check=False,
            )
            output.seek(0)
            assert result.returncode == 0, output.read().decode(errors="replace")
        self._folder.with_suffix(".out").unlink()
