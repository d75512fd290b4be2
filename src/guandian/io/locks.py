"""Locks of folders: files that one process holds, let go when it dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock as Lock
from filelock import Timeout

from guandian.errors import GuandianError
from guandian.io.atomic import telling

__all__ = ["LOCK", "Lock", "held_folder", "is_locked", "try_lock"]
LOCK = "lock"
"""The file by which a folder is held."""


def try_lock(path: Path) -> Lock | None:
    """Take a lock at once, which its `release` gives back; None where another process has it.

    Raises:
        OSError: the file cannot be made.
    """
    lock = Lock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    return lock


@contextmanager
def held_folder(folder: Path, refusal: GuandianError) -> Iterator[None]:
    """Hold a folder, made where it is not there, so that two processes do not write in it.

    Args:
        folder: goes again where nothing was left in it.
        refusal: raised where another process holds it.

    Raises:
        GuandianError: the refusal, or the folder cannot be made.
    """
    with telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder / LOCK)
    if lock is None:
        raise refusal
    try:
        yield
    finally:
        lock.release()
        (folder / LOCK).unlink(missing_ok=True)
        with suppress(OSError):  # it holds something
            folder.rmdir()


def is_locked(path: Path) -> bool:
    """Whether a living process has a lock; its file need not be there, nor be writable.

    Raises:
        OSError: the file cannot be opened.
    """
    if not path.is_file():
        return False
    if not os.access(path, os.W_OK) and sys.platform != "win32":
        return _is_locked_elsewhere(path)
    lock = try_lock(path)
    if lock is not None:
        lock.release()
    return lock is None


def _is_locked_elsewhere(path: Path) -> bool:
    """The same of a file that this process may only read, as `filelock` opens none of those."""
    import fcntl

    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
