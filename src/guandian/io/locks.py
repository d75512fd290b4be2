"""Locks of folders: files that one process holds, let go when it dies."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock as Lock
from filelock import Timeout

__all__ = ["Lock", "is_locked", "try_lock"]


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


def is_locked(path: Path) -> bool:
    """Whether a living process has a lock; its file need not be there.

    Raises:
        OSError: the file cannot be opened.
    """
    if not path.is_file():
        return False
    lock = try_lock(path)
    if lock is not None:
        lock.release()
    return lock is None
