"""A PostgreSQL of the tests' own, from Debian's package, in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)


class Server:
    """A running server; `new_database` gives the address of an empty data base."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def address(self, name: str) -> str:
        return f"postgresql://guandian@/{name}?host={self.folder}"

    def new_database(self, options: str = "") -> str:
        import psycopg

        name = f"t{uuid4().hex}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}")  # type: ignore[arg-type]
        return self.address(name)


def lacking() -> str:
    """Why there can be none, empty where there can."""
    return "" if _BINARIES else "needs PostgreSQL: apt-get install postgresql"


@contextmanager
def postgres_server() -> Iterator[Server]:
    """A server on a socket in its folder: no port, nothing left behind."""
    binaries = _BINARIES[0].parent
    folder = Path(tempfile.mkdtemp(prefix="gd-pg-"))
    owner: dict[str, Any] = {}
    if os.getuid() == 0:  # which PostgreSQL refuses to run as
        user = pwd.getpwnam("nobody")
        owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, log = folder / "data", (folder / "log").open("wb")
    quiet: dict[str, Any] = {"cwd": folder, "stdout": log, "stderr": log, **owner}
    try:
        making = [binaries / "initdb", "-D", data, "-U", "guandian", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync"]  # fmt: skip
        subprocess.run(making, check=True, timeout=120, **quiet)
        process = subprocess.Popen(
            [
                binaries / "postgres",
                "-D",
                data,
                "-k",
                folder,
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
            ],
            **quiet,
        )
        try:
            _wait(binaries / "pg_isready", folder, process)
            yield Server(folder)
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is wanted
            process.wait(60)
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(probe: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text("utf-8", "replace"))
        if not subprocess.run([probe, "-q", "-h", folder], check=False).returncode:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL does not answer")
